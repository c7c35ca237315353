import type { Commit } from '../../history.ts'
import { failNow } from '../../violation.ts'
import { WATCHED } from '../client/loads/watches.ts'
import type { ClientHistory, Entry } from '../entries.ts'
import type { Evidence } from './evidence.ts'

type Word = Extract<Entry, { kind: 'event' | 'resync' }>

/** Milliseconds by which a server's clock, which counts whole ones, may be behind. */
const GRAIN = 2

function wordsOf({ entries }: ClientHistory): Word[] {
  return entries.filter(({ kind }) => kind === 'event' || kind === 'resync') as Word[]
}

/** Throws for an event that came twice. Events of servers before 3.9 do not tell of which change they are. */
function checkOnce(who: string, words: readonly Word[]): void {
  const told = new Set<string>()
  for (const word of words) {
    if (word.kind !== 'event' || word.zxid === '-1') continue
    const key = `${word.type} ${word.path} ${word.zxid}`
    if (told.has(key)) failNow(`the watch of ${who} was told twice of ${key}`)
    told.add(key)
  }
}

/** The words of one watch, ordered for look-ups. */
class Told {
  readonly #words: readonly Word[]
  readonly #changes: ReadonlySet<string>

  constructor(words: readonly Word[]) {
    this.#words = words
    this.#changes = new Set(words.map(word => (word.kind === 'event' ? `${word.path} ${word.zxid}` : '')))
  }

  /** Tells whether there is an event of exactly this change. */
  has({ path, zxid }: Commit): boolean {
    return this.#changes.has(`${path} ${zxid}`)
  }

  /** Returns the place of the first word that covers a change: a gap after it, or an event of its znode that names no change. */
  cover({ path, at }: Commit): number {
    for (let index = this.#firstAfter(at - GRAIN); index < this.#words.length; index++) {
      const word = this.#words[index]!
      if (word.kind === 'resync' || (word.path === path && word.zxid === '-1')) return index
    }
    return this.#words.length
  }

  /** Tells whether a later change was told of before the word at a place. */
  hasLaterBefore({ zxid }: Commit, place: number): boolean {
    for (let index = place - 1; index >= 0; index--) {
      const word = this.#words[index]!
      if (word.kind === 'resync') return false
      if (word.zxid !== '-1' && BigInt(word.zxid) > zxid) return true
    }
    return false
  }

  #firstAfter(at: number): number {
    let [low, high] = [0, this.#words.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#words[middle]!.at < at) low = middle + 1
      else high = middle
    }
    return low
  }
}

/**
 * Watches: every change has its event, or a gap after it is told; nobody hears of a change twice.
 *
 * A process that was killed may have heard no more: then only an event of a later change shows that one was missed.
 */
export function checkWatches({ histories, history }: Evidence): void {
  const changes = history.commits.filter(
    ({ path, type }) => path.startsWith(`${WATCHED}/`) && type !== 'setAcl',
  )
  for (const each of histories) {
    const who = `${each.client}#${each.life}`
    const words = wordsOf(each)
    checkOnce(who, words)
    const begin = words.find(({ kind }) => kind === 'resync')?.at
    if (begin === undefined) continue
    const isLast = !histories.some(({ client, life }) => client === each.client && life > each.life)
    const told = new Told(words)
    for (const change of changes) {
      if (change.at <= begin || told.has(change)) continue
      const place = told.cover(change)
      if (told.hasLaterBefore(change, place) || (isLast && place === words.length))
        failNow(
          `the watch of ${who} was never told of the ${change.type} of ${change.path} at ${change.zxid}`,
        )
    }
  }
}
