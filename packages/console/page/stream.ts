import { effect } from '@preact/signals'
import { BEAT } from '../src/limits.ts'
import type { ChangesMessage, Interest, Message } from '../src/protocol.ts'
import { get, post, refusalOf } from './api.ts'
import {
  connection,
  frames,
  framesDropped,
  hello,
  live,
  place,
  rate,
  samples,
  stream,
  tell,
} from './state.ts'
import { Upkeep } from './upkeep.ts'

const MOST_FRAMES = 2000
const MOST_SAMPLES = 900
/** Milliseconds until a lost stream is opened again. */
const AGAIN = 1000
/** Milliseconds after which a hidden page lets go of its stream: browsers have six of them for one console. */
const HIDDEN = 20_000
/** Milliseconds without any message, signs of life included, after which a stream counts as lost. */
const SILENCE = 3 * BEAT

/** Listeners of the tree. */
export interface TreeEvents {
  changes(message: ChangesMessage): void
  /** Reads again what is shown. */
  resync(): void
}

let source: EventSource | undefined
let folders: readonly string[] = ['/']
let listeners: readonly TreeEvents[] = []
let again: ReturnType<typeof setTimeout> | undefined
let hidden: ReturnType<typeof setTimeout> | undefined
let heardAt = 0

/** Calls a listener with what happens in the tree. */
export function onTree(listener: TreeEvents): () => void {
  listeners = [...listeners, listener]
  return () => {
    listeners = listeners.filter(each => each !== listener)
  }
}

/** Names the znodes whose children are shown. Resolves when the console knows, or could not be told yet. */
export function showFolders(paths: readonly string[]): Promise<void> {
  folders = paths
  return telling.ask()
}

function interest(): Interest {
  const { view, path } = place.value
  return {
    folders: view === 'tree' ? folders : [],
    znode: view === 'tree' ? path : null,
    traffic: view === 'traffic',
    ensemble: view === 'ensemble',
  }
}

/** True if the console could not be told what is shown: nobody has told of changes meanwhile. */
let isMissed = false

/** Tells the console what is shown, one word after the other: an older one must not come last. */
const telling = new Upkeep(async () => {
  const page = hello.value?.page
  if (page === undefined || stream.value !== 'open') return
  try {
    await post('interest', { page, ...interest() })
  } catch (error) {
    isMissed = true
    if (refusalOf(error).code !== 'NO_PAGE') throw error
    // The console has ended the stream: the new one begins with telling.
    if (page === hello.value?.page) lose()
    return
  }
  if (isMissed) resync()
  isMissed = false
})

let known: Promise<void> = Promise.resolve()

/** Resolves when the console knows which place the page shows, or could not be told yet: whatever is read from then on is followed. */
export function placeKnown(): Promise<void> {
  return known
}

/** Opens the stream, and keeps it open while the page is seen. */
export function begin(): void {
  open()
  let before = place.peek()
  effect(() => {
    const now = place.value
    if (now === before) return
    known = telling.ask()
    // Nobody has told of the tree while another view was shown.
    if (now.view === 'tree' && before.view !== 'tree') void known.then(resync)
    before = now
  })
  document.addEventListener('visibilitychange', () => {
    clearTimeout(hidden)
    if (document.hidden) hidden = setTimeout(() => drop('opening'), HIDDEN)
    else if (source === undefined) open()
  })
  setInterval(() => {
    if (source !== undefined && performance.now() - heardAt > SILENCE) lose()
  }, BEAT)
}

function drop(state: 'opening' | 'lost'): void {
  clearTimeout(again)
  source?.close()
  source = undefined
  stream.value = state
}

/** Gives a stream up that has ended, or that nothing comes from. */
function lose(): void {
  drop('lost')
  again = setTimeout(() => void reopen(), AGAIN)
}

function open(): void {
  clearTimeout(again)
  source?.close()
  source = new EventSource('api/stream')
  heardAt = performance.now()
  source.onmessage = event => {
    heardAt = performance.now()
    take(JSON.parse(event.data) as Message)
  }
  source.onerror = lose
}

/** Opens the stream again, unless the console has another token now. */
async function reopen(): Promise<void> {
  const refusal = await get('log').then(() => null, refusalOf)
  // A page that is seen again meanwhile has opened its stream.
  if (source !== undefined || document.hidden) return
  if (refusal === null) return open()
  stream.value = refusal.code === 'NO_TOKEN' ? 'refused' : 'lost'
  again = setTimeout(() => void reopen(), AGAIN)
}

function take(message: Message): void {
  switch (message.type) {
    case 'hello':
      hello.value = message
      connection.value = message.connection
      live.value = { mode: message.live, note: message.liveNote }
      stream.value = 'open'
      known = telling.ask()
      void known.then(resync)
      return
    case 'beat':
      return
    case 'changes':
      return changes(message)
    case 'resync':
      if (message.reason !== 'watching') tell(`Read again: changes may have been missed (${message.reason})`)
      return resync()
    case 'live':
      live.value = { mode: message.live, note: message.note }
      return
    case 'state':
      connection.value = message.connection
      return
    case 'sample':
      samples.value = [...samples.value, message.sample].slice(-MOST_SAMPLES)
      return
    case 'traffic':
      frames.value = [...frames.value, ...message.frames].slice(-MOST_FRAMES)
      framesDropped.value += message.dropped
  }
}

function resync(): void {
  for (const each of listeners) each.resync()
}

/** Events and milliseconds of the last second or so. */
let counted = { total: 0, since: performance.now() }

function changes(message: ChangesMessage): void {
  counted.total += message.total
  const now = performance.now()
  const during = now - counted.since
  if (during > 1000) {
    rate.value = { perSecond: Math.round((counted.total * 1000) / during), batched: message.overflow }
    counted = { total: 0, since: now }
  } else if (message.overflow && !rate.value.batched) rate.value = { ...rate.value, batched: true }
  for (const each of listeners) each.changes(message)
}

setInterval(() => {
  if (performance.now() - counted.since < 2500) return
  rate.value = { perSecond: 0, batched: false }
  counted = { total: 0, since: performance.now() }
}, 1000)
