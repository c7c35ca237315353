import type { RecipeView } from '../protocol.ts'
import { type Look, participant, readEntries, recipe } from './look.ts'

const SLOT = /^lease-\d{1,6}$/

/** Recognises zookit's Lease: slots whose data says who has them until when. */
export async function lease(look: Look): Promise<RecipeView | null> {
  const slots = look.children.filter(name => SLOT.test(name)).sort()
  if (slots.length === 0) return null
  const entries = await readEntries(look, slots)
  const records = entries.map(entry => ({ entry, record: parse(entry.data) }))
  if (records.some(({ entry, record }) => record === null && (entry.data?.length ?? 0) > 0)) return null
  const now = Date.now()
  const held = records.filter(({ record }) => record !== null && record.until > now)
  return recipe(look, 'lease', {
    layout: 'zookit',
    because: 'its children are slots named lease-INDEX, with a holder and an end',
    facts: [{ name: 'held', value: `${held.length} of ${slots.length} that were ever held`, tone: 'plain' }],
    participants: records.map(({ entry, record }) => ({
      ...participant(entry, record === null ? 'free' : record.until > now ? 'holder' : 'over'),
      data: record?.holder ?? null,
      ...(record !== null && { until: record.until }),
    })),
    more: Math.max(0, slots.length - entries.length),
  })
}

function parse(data: Buffer | null): { holder: string; until: number } | null {
  try {
    const { holder, until } = JSON.parse((data?.toString() ?? '').split('\n')[0]!)
    return typeof until === 'number' && Number.isFinite(until) ? { holder: String(holder), until } : null
  } catch {
    return null
  }
}
