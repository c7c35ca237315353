import { effect } from '@preact/signals'
import type { ChangesMessage, Interest, Message } from '../src/protocol.ts'
import { post } from './api.ts'
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

const MOST_FRAMES = 2000
const MOST_SAMPLES = 900
/** Milliseconds until a lost stream is opened again. */
const AGAIN = 1000
/** Milliseconds after which a hidden page lets go of its stream: browsers have six of them for one console. */
const HIDDEN = 20_000

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

/** Calls a listener with what happens in the tree. */
export function onTree(listener: TreeEvents): () => void {
  listeners = [...listeners, listener]
  return () => {
    listeners = listeners.filter(each => each !== listener)
  }
}

/** Names the znodes whose children are shown. Resolves when the console knows. */
export async function showFolders(paths: readonly string[]): Promise<void> {
  folders = paths
  await tellInterest()
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

async function tellInterest(): Promise<void> {
  const page = hello.value?.page
  if (page !== undefined && stream.value === 'open')
    await post('interest', { page, ...interest() }).catch(() => {})
}

let known: Promise<void> = Promise.resolve()

/** Resolves when the console knows which place the page shows: whatever is read from then on is followed. */
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
    known = tellInterest()
    // Nobody has told of the tree while another view was shown.
    if (now.view === 'tree' && before.view !== 'tree') void known.then(resync)
    before = now
  })
  document.addEventListener('visibilitychange', () => {
    clearTimeout(hidden)
    if (document.hidden) hidden = setTimeout(() => drop('opening'), HIDDEN)
    else if (source === undefined) open()
  })
}

function drop(state: 'opening' | 'lost'): void {
  source?.close()
  source = undefined
  stream.value = state
}

function open(): void {
  clearTimeout(again)
  source = new EventSource('api/stream')
  source.onmessage = event => take(JSON.parse(event.data) as Message)
  source.onerror = () => {
    drop('lost')
    again = setTimeout(() => void reopen(), AGAIN)
  }
}

/** Opens the stream again, unless the console has another token now. */
async function reopen(): Promise<void> {
  const response = await fetch('api/log').catch(() => null)
  if (response?.status === 401) stream.value = 'refused'
  else if (response === null) again = setTimeout(() => void reopen(), AGAIN)
  else open()
}

function take(message: Message): void {
  switch (message.type) {
    case 'hello':
      hello.value = message
      connection.value = message.connection
      live.value = { mode: message.live, note: message.liveNote }
      stream.value = 'open'
      void tellInterest().then(resync)
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
