import { computed, signal } from '@preact/signals'
import type { ConnectionView, HelloMessage, LiveMode, Sample, TrafficRecord } from '../src/protocol.ts'

/** The views of the page. */
export type ViewName = 'tree' | 'recipes' | 'ensemble' | 'sessions' | 'traffic' | 'log'

/** The place that the fragment of the address names. */
export interface Place {
  readonly view: ViewName
  readonly path: string
}

const VIEWS: readonly ViewName[] = ['tree', 'recipes', 'ensemble', 'sessions', 'traffic', 'log']

function parsePlace(hash: string): Place {
  const [view = '', ...parts] = hash.replace(/^#\/?/, '').split('/')
  const known = VIEWS.find(each => each === view) ?? 'tree'
  const path = `/${parts.map(decode).join('/')}`
  return { view: known, path: path.length > 1 ? path.replace(/\/+$/, '') || '/' : '/' }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

export const place = signal<Place>(parsePlace(location.hash))
addEventListener('hashchange', () => (place.value = parsePlace(location.hash)))

export const hello = signal<HelloMessage | null>(null)
export const connection = signal<ConnectionView | null>(null)
export const live = signal<{ mode: LiveMode; note: string | null }>({ mode: 'starting', note: null })
/** The state of the stream from the console. */
export const stream = signal<'opening' | 'open' | 'lost' | 'refused'>('opening')
/** Events of the whole tree a second, and the word that they are shown in batches. */
export const rate = signal<{ perSecond: number; batched: boolean }>({ perSecond: 0, batched: false })
/** The newest word for screen readers and for the corner of the page. */
export const notice = signal<{ text: string; tone: 'plain' | 'bad' } | null>(null)
export const samples = signal<readonly Sample[]>([])
export const frames = signal<readonly TrafficRecord[]>([])
export const framesDropped = signal(0)
export const isWritable = computed(() => hello.value?.write === true)

let noticeTimer: ReturnType<typeof setTimeout> | undefined

/** Shows a word for some seconds. */
export function tell(text: string, tone: 'plain' | 'bad' = 'plain'): void {
  notice.value = { text, tone }
  clearTimeout(noticeTimer)
  noticeTimer = setTimeout(() => (notice.value = null), 6000)
}
