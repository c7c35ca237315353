import { signal } from '@preact/signals'
import type { RecipeView, ZnodeView } from '../../src/protocol.ts'
import { get, type Refusal, refusalOf } from '../api.ts'
import { stream } from '../state.ts'
import { onTree, placeKnown } from '../stream.ts'
import { Upkeep } from '../upkeep.ts'
import { type Seen, SeenVersions } from './seen.ts'

/** Milliseconds between two readings while the znode goes on changing. */
const PAUSE = 60

export const znode = signal<ZnodeView | null>(null)
export const recipe = signal<RecipeView | null>(null)
export const failure = signal<Refusal | null>(null)
/** The versions of the znode that were seen since the page opened, and the number of those of any znode that were let go. */
export const history = signal<readonly Seen[]>([])
export const dropped = signal(0)
/** True if a change comes onto the page at once. */
export const follows = signal(true)
/** True if there is a newer version than the one that is shown. */
export const isBehind = signal(false)

const versions = new SeenVersions()
let path: string | null = null
/** True if the next reading is shown, whether or not the page follows. */
let isAsked = false

/** Shows a znode from now on. */
export async function show(wanted: string): Promise<void> {
  if (wanted !== path) {
    path = wanted
    znode.value = null
    recipe.value = null
    failure.value = null
    history.value = versions.of(wanted)
    isBehind.value = false
  }
  await placeKnown()
  await refresh()
}

const reading = new Upkeep(read, PAUSE)

/** Reads the znode again, and shows it. Whatever changes while it is read leads to one more reading. */
export function refresh(): Promise<void> {
  isAsked = true
  return reading.ask()
}

async function read(): Promise<void> {
  const wanted = path
  if (wanted === null) return
  const isShown = isAsked || follows.value || znode.value === null
  isAsked = false
  try {
    const view = await get<ZnodeView>('znode', { path: wanted })
    if (wanted !== path) return
    remember(view)
    failure.value = null
    if (!isShown) {
      isBehind.value ||= znode.value !== null && differs(view, znode.value)
      return
    }
    znode.value = view
    isBehind.value = false
    const found = await get<RecipeView | null>('recipe', { path: wanted })
    if (wanted === path) recipe.value = found
  } catch (error) {
    const refusal = refusalOf(error)
    if (wanted !== path) return
    // The head of the page says already that the console does not answer.
    if (refusal.code !== 'FAILED' || stream.value === 'open') failure.value = refusal
    if (refusal.isLasting) return
    isAsked ||= isShown
    throw error
  }
}

function differs(a: ZnodeView, b: ZnodeView): boolean {
  return JSON.stringify(a.stat) !== JSON.stringify(b.stat)
}

function remember({ path: seen, stat, data }: ZnodeView): void {
  const { version, czxid, mzxid, mtime } = stat
  versions.add(seen, { version, czxid, mzxid, mtime, data })
  history.value = versions.of(seen)
  dropped.value = versions.dropped
}

onTree({
  changes({ changes, overflow }) {
    const isMine =
      overflow ||
      changes.some(([changed, kind]) => changed === path && (kind !== 'below' || recipe.value !== null))
    if (!isMine && !changes.some(([changed]) => path !== null && changed.startsWith(`${path}/`))) return
    // What is read while the page does not follow is a version that was seen, too.
    if (!follows.value && !overflow) isBehind.value = znode.value !== null
    void reading.ask()
  },
  resync: () => void reading.ask(),
})
