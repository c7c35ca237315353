import { signal } from '@preact/signals'
import type { RecipeView, ZnodeView } from '../../src/protocol.ts'
import { get, type Refusal, refusalOf } from '../api.ts'
import { stream } from '../state.ts'
import { onTree, placeKnown } from '../stream.ts'
import { Upkeep } from '../upkeep.ts'

/** Versions that are kept, and the characters of their data together. */
const MOST_VERSIONS = 200
const MOST_KEPT = 32 * 1024 * 1024
/** Milliseconds between two readings while the znode goes on changing. */
const PAUSE = 60

/** A version of the data, seen since the page has shown the znode. */
export interface Seen {
  readonly version: number
  readonly mzxid: string
  readonly mtime: number
  readonly data: string | null
}

export const znode = signal<ZnodeView | null>(null)
export const recipe = signal<RecipeView | null>(null)
export const failure = signal<Refusal | null>(null)
export const history = signal<readonly Seen[]>([])
/** True if a change comes onto the page at once. */
export const follows = signal(true)
/** True if there is a newer version than the one that is shown. */
export const isBehind = signal(false)

let path: string | null = null

/** Shows a znode from now on. */
export async function show(wanted: string): Promise<void> {
  if (wanted !== path) {
    path = wanted
    znode.value = null
    recipe.value = null
    failure.value = null
    history.value = []
    isBehind.value = false
  }
  await placeKnown()
  await refresh()
}

const reading = new Upkeep(read, PAUSE)

/** Reads the znode again. Whatever changes while it is read leads to one more reading. */
export function refresh(): Promise<void> {
  return reading.ask()
}

async function read(): Promise<void> {
  const wanted = path
  if (wanted === null) return
  try {
    const view = await get<ZnodeView>('znode', { path: wanted })
    if (wanted !== path) return
    znode.value = view
    failure.value = null
    isBehind.value = false
    remember(view)
    const found = await get<RecipeView | null>('recipe', { path: wanted })
    if (wanted === path) recipe.value = found
  } catch (error) {
    const refusal = refusalOf(error)
    if (wanted !== path) return
    // The head of the page says already that the console does not answer.
    if (refusal.code !== 'FAILED' || stream.value === 'open') failure.value = refusal
    if (!refusal.isLasting) throw error
  }
}

function remember({ stat, data }: ZnodeView): void {
  const last = history.value.at(-1)
  if (last?.mzxid === stat.mzxid) return
  const all = [...history.value, { version: stat.version, mzxid: stat.mzxid, mtime: stat.mtime, data }].slice(
    -MOST_VERSIONS,
  )
  let kept = 0
  let from = all.length
  while (from > 0 && (kept += all[from - 1]!.data?.length ?? 0) <= MOST_KEPT) from--
  history.value = all.slice(Math.min(from, all.length - 1))
}

onTree({
  changes({ changes, overflow }) {
    const isMine =
      overflow ||
      changes.some(([changed, kind]) => changed === path && (kind !== 'below' || recipe.value !== null))
    if (!isMine && !changes.some(([changed]) => path !== null && changed.startsWith(`${path}/`))) return
    if (follows.value) void refresh()
    else isBehind.value = true
  },
  resync: () => void refresh(),
})
