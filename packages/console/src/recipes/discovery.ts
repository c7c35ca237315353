import type { Fact, Participant, RecipeView } from '../protocol.ts'
import {
  below,
  childrenOf,
  type Entry,
  type Look,
  MOST_LISTED,
  participant,
  readEntries,
  recipe,
} from './look.ts'

/** Services that are looked into to tell a root of discovery. */
const MOST_SERVICES = 20

interface Instance {
  readonly name: string
  readonly id: string
  readonly address: string | null
  readonly port: number | null
  readonly sslPort: number | null
  readonly serviceType: string
  readonly enabled: boolean
}

/** Parses the data of an instance in Curator's JSON. @returns null for other data. */
function parse(data: Buffer | null): Instance | null {
  try {
    const fields = JSON.parse(data?.toString() ?? '')
    if (typeof fields.name !== 'string' || typeof fields.id !== 'string' || !('serviceType' in fields))
      return null
    const { name, id, address = null, port = null, sslPort = null, serviceType, enabled } = fields
    return { name, id, address, port, sslPort, serviceType: String(serviceType), enabled: enabled !== false }
  } catch {
    return null
  }
}

/** Recognises a service: its children are instances that name it. */
export async function service(look: Look): Promise<RecipeView | null> {
  if (look.children.length === 0 || look.path === '/') return null
  const probe = await readEntries(look, look.children, 3)
  if (!probe.some(({ data }) => parse(data)?.name === look.name)) return null
  const entries = await readEntries(look, look.children.slice().sort())
  const participants = entries.map(instanceOf)
  const count = (role: string): number => participants.filter(each => each.role === role).length
  const bad = participants.length - count('up') - count('disabled')
  const facts: Fact[] = [
    { name: 'up', value: String(count('up')), tone: count('up') > 0 ? 'good' : 'bad' },
    { name: 'disabled', value: String(count('disabled')), tone: 'plain' },
    ...(bad > 0 ? [{ name: 'broken', value: String(bad), tone: 'bad' } as const] : []),
  ]
  return recipe(look, 'service', {
    layout: 'Curator, zookit',
    because: 'its children are instances in the JSON of x-discovery',
    facts,
    participants,
    more: Math.max(0, look.children.length - MOST_LISTED),
  })
}

function instanceOf(entry: Entry): Participant {
  const instance = parse(entry.data)
  if (instance === null) return participant(entry, 'invalid')
  const isLost = instance.serviceType.startsWith('DYNAMIC') && entry.stat.ephemeralOwner === 0n
  const ports = [instance.port, instance.sslPort === null ? null : `${instance.sslPort} (TLS)`].filter(
    port => port !== null,
  )
  const data = `${instance.address ?? '?'}:${ports.join(', ') || '?'} ${instance.id}`
  return { ...participant(entry, isLost ? 'without a session' : instance.enabled ? 'up' : 'disabled'), data }
}

/** Recognises a root of discovery: among its children are services. */
export async function discovery(look: Look): Promise<RecipeView | null> {
  if (look.children.length === 0 || look.path === '/') return null
  const names = look.children.slice().sort().slice(0, MOST_SERVICES)
  const found = await Promise.all(names.map(name => serviceBelow(look, name)))
  const services = found.filter(each => each !== null)
  if (services.length === 0) return null
  return recipe(look, 'discovery', {
    layout: 'Curator, zookit',
    because: 'its children are services with instances in the JSON of x-discovery',
    facts: [{ name: 'services', value: String(look.children.length), tone: 'plain' }],
    participants: services,
    more: Math.max(0, look.children.length - names.length),
  })
}

async function serviceBelow(look: Look, name: string): Promise<Participant | null> {
  const path = below(look.path, name)
  const ids = await childrenOf(look.zk, path)
  const [first] = await readEntries({ zk: look.zk, path }, ids, 1)
  if (first === undefined || parse(first.data)?.name !== name) return null
  return {
    ...participant(first, 'service'),
    path,
    owner: null,
    data: `${ids.length} ${ids.length === 1 ? 'instance' : 'instances'}`,
  }
}
