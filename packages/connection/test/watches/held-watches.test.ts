import { WatcherType } from '@zookit/jute'
import { expect } from 'chai'
import {
  type Coexistence,
  type Correction,
  correctionFor,
  heldAfterAll,
  heldAfterEvent,
  heldAfterRemoving,
  heldAfterSetting,
  Kind,
  unserved,
} from '../../src/watches/held-watches.ts'

const { data, child, persistent, recursive } = Kind
const KINDS = [data, child, persistent, recursive] as const
const ALL = Array.from({ length: 16 }, (_, kinds) => kinds)
const LASTING = persistent | recursive
const ONE_SHOT = data | child

/** One thing that changes what a server holds for a path. */
type Step =
  | { readonly set: number }
  | { readonly fire: number }
  | { readonly remove: number }
  | { readonly restore: number }

const STEPS: readonly Step[] = [
  ...KINDS.map(set => ({ set })),
  ...[data, child, data | child].map(fire => ({ fire })),
  ...Object.values(WatcherType).map(remove => ({ remove })),
  ...ALL.map(restore => ({ restore })),
]

/** A server's watches of one path, in words. */
interface Server {
  after(step: Step): Server
  /** Returns the kinds whose listeners hear of everything. */
  served(): number
  /** Returns the kinds that it has and nobody wants. */
  surplus(wanted: number): number
  readonly key: string
}

/** Tells which kinds a SetWatches restores: the recursive one last. */
const restored = (kinds: number): Step[] => KINDS.filter(kind => kinds & kind).map(set => ({ set }))

/** A server from 3.9.0 on: each kind stands by itself. */
function newServer(kinds: ReadonlySet<number> = new Set()): Server {
  const without = (...gone: number[]): Server =>
    newServer(new Set([...kinds].filter(kind => !gone.includes(kind))))
  return {
    key: [...kinds].sort().join(),
    after(step) {
      if ('set' in step) return newServer(new Set([...kinds, step.set]))
      if ('fire' in step) return without(...[data, child].filter(kind => step.fire & kind))
      if ('restore' in step)
        return restored(step.restore).reduce((server, each) => server.after(each), newServer())
      if (step.remove === WatcherType.any) return newServer()
      if (step.remove === WatcherType.data) return without(data)
      if (step.remove === WatcherType.children) return without(child)
      return without(step.remove === WatcherType.persistent ? persistent : recursive)
    },
    served() {
      let served = [...kinds].reduce((sum, kind) => sum | kind, 0)
      // A persistent watch hears of the znode and its children, a recursive one of znodes alone.
      if (kinds.has(persistent)) served |= data | child
      if (kinds.has(recursive)) served |= data
      return served
    },
    surplus: wanted => [...kinds].reduce((sum, kind) => sum | kind, 0) & ~wanted,
  }
}

type Mode = 'none' | 'one-shot' | 'persistent' | 'recursive'

/** A server before 3.9.0: two tables, and in each the mode that came last. */
function oldServer(dataMode: Mode = 'none', childMode: Mode = 'none'): Server {
  const spent = (mode: Mode, is: boolean): Mode => (is && mode === 'one-shot' ? 'none' : mode)
  return {
    key: `${dataMode} ${childMode}`,
    after(step) {
      if ('restore' in step)
        return restored(step.restore).reduce((server, each) => server.after(each), oldServer())
      if ('fire' in step)
        return oldServer(
          spent(dataMode, (step.fire & data) !== 0),
          spent(childMode, (step.fire & child) !== 0),
        )
      if ('set' in step) {
        if (step.set === data) return oldServer('one-shot', childMode)
        if (step.set === child) return oldServer(dataMode, 'one-shot')
        const mode = step.set === persistent ? 'persistent' : 'recursive'
        return oldServer(mode, mode)
      }
      if (step.remove === WatcherType.any) return oldServer()
      if (step.remove === WatcherType.data) return oldServer('none', childMode)
      if (step.remove === WatcherType.children) return oldServer(dataMode, 'none')
      // It does not know the types of the later releases.
      return this
    },
    served() {
      // Its recursive watch tells of every znode below, so of every child that comes or goes.
      if (dataMode === 'recursive') return data | child | persistent | recursive
      const both = dataMode === 'persistent' && childMode === 'persistent'
      const hasChild = childMode === 'one-shot' || childMode === 'persistent'
      return (dataMode === 'none' ? 0 : data) | (hasChild ? child : 0) | (both ? persistent : 0)
    },
    surplus(wanted) {
      const lasting = [dataMode, childMode].filter(mode => mode === 'persistent' || mode === 'recursive')
      const oneShots = (dataMode === 'one-shot' ? data : 0) | (childMode === 'one-shot' ? child : 0)
      if (wanted === 0) return oneShots | (lasting.length > 0 ? LASTING : 0)
      if ((wanted & LASTING) === 0) return (lasting.length > 0 ? LASTING : 0) | (oneShots & ~wanted)
      return (wanted & recursive) === 0 && dataMode === 'recursive' ? recursive : 0
    },
  }
}

/** The record of the client, and two servers that have lived through the same. */
interface State {
  readonly held: number
  readonly news: Server
  readonly old: Server
}

function noted(held: number, step: Step): number {
  if ('set' in step) return heldAfterSetting(held, step.set)
  if ('fire' in step) return heldAfterEvent(held, step.fire)
  if ('restore' in step) return heldAfterAll(step.restore)
  return heldAfterRemoving(held, step.remove)
}

/** Every state that can be reached, whatever happens in which order. */
const STATES: readonly State[] = (() => {
  const first: State = { held: 0, news: newServer(), old: oldServer() }
  const states = new Map([[`${first.news.key}|${first.old.key}`, first]])
  for (const { held, news, old } of states.values()) {
    for (const step of STEPS) {
      const next = { held: noted(held, step), news: news.after(step), old: old.after(step) }
      const key = `${next.news.key}|${next.old.key}`
      if (!states.has(key)) states.set(key, next)
      else expect(states.get(key)!.held, key).to.equal(next.held)
    }
  }
  return [...states.values()]
})()

function stepOf(correction: Correction): Step {
  if ('remove' in correction) return { remove: correction.remove }
  return { set: correction.add === 'persistent' ? persistent : recursive }
}

/** Corrects a server until nothing is left to correct. @returns what it holds then, and the corrections. */
function corrected(state: State, isOld: boolean, wanted: number, rule: Coexistence): [Server, Correction[]] {
  let { held } = state
  let server = isOld ? state.old : state.news
  let coexist = rule
  const corrections: Correction[] = []
  for (;;) {
    const correction = correctionFor(held, wanted, coexist)
    if (correction === null) return [server, corrections]
    corrections.push(correction)
    expect(corrections, 'corrections without an end').to.have.length.below(8)
    const step = stepOf(correction)
    const isOneShot =
      'remove' in correction && [WatcherType.data, WatcherType.children].includes(correction.remove as 1)
    // These types take away whatever an older server has in the table.
    if (isOneShot && isOld)
      expect(server.key, 'a lasting watch is removed').to.not.match(/persistent|recursive/)
    server = server.after(step)
    const showsRule = 'remove' in correction && correction.remove > WatcherType.any
    if (showsRule) coexist = !isOld
    if (!(showsRule && isOld)) held = noted(held, step)
  }
}

const bits = (kinds: number): number => KINDS.filter(kind => kinds & kind).length

/** Returns the number of requests that bring a server whose rule is known to what is wanted. */
function needed({ held, old, news }: State, isOld: boolean, wanted: number): number {
  // What nobody wants any more is removed if either rule may have left something.
  if (wanted === 0) return held === 0 ? 0 : 1
  const server = isOld ? old : news
  const surplus = server.surplus(wanted)
  const missing = wanted & LASTING & ~server.served()
  if (!isOld) return bits(surplus) + bits(missing)
  // One mode stands in for all: one request sets it, or takes it away.
  return missing !== 0 || surplus & LASTING ? 1 : bits(surplus)
}

describe('What a server holds for a path', () => {
  it('is noted for both rules, through every order of requests and events', () => {
    expect(STATES).to.have.length.above(60)
    for (const { held, news, old } of STATES) {
      for (const wanted of ALL) {
        const where = `${news.key} | ${old.key}, wanted ${wanted}`
        const [byNew, byOld] = [wanted & ~news.served(), wanted & ~old.served()]
        expect(unserved(held, wanted, true), `${where}, from 3.9.0 on`).to.equal(byNew)
        expect(unserved(held, wanted, false), `${where}, before 3.9.0`).to.equal(byOld)
        expect(unserved(held, wanted, null), `${where}, whichever it is`).to.equal(byNew | byOld)
      }
    }
  })

  for (const isOld of [false, true]) {
    const release = isOld ? 'before 3.9.0' : 'from 3.9.0 on'
    it(`is corrected to what is wanted, and no further, ${release}`, () => {
      for (const state of STATES) {
        for (const wanted of ALL) {
          const [server, corrections] = corrected(state, isOld, wanted, !isOld)
          const where = `${state.news.key} | ${state.old.key}, wanted ${wanted}: ${JSON.stringify(corrections)}`
          expect(wanted & LASTING & ~server.served(), where).to.equal(0)
          expect(server.surplus(wanted), where).to.equal(0)
          expect(corrections.length, where).to.equal(needed(state, isOld, wanted))
          const lost = (isOld ? state.old : state.news).served() & wanted & ONE_SHOT & ~server.served()
          // Watches of other modes have taken its place, or went with what had to go: a SetWatches sets it again.
          if (!isOld) expect(lost & ~(state.news.surplus(wanted) === 0 ? 0 : ONE_SHOT), where).to.equal(0)
        }
      }
    })

    it(`is corrected where nothing has told the rule: lasting watches are served, ${release}`, () => {
      for (const state of STATES) {
        for (const wanted of ALL) {
          const [server, corrections] = corrected(state, isOld, wanted, null)
          const where = `${state.news.key} | ${state.old.key}, wanted ${wanted}: ${JSON.stringify(corrections)}`
          expect(wanted & LASTING & ~server.served(), where).to.equal(0)
          if (wanted === 0) expect(server.surplus(0), where).to.equal(0)
          else expect(server.surplus(wanted) & LASTING & (isOld ? 0 : LASTING), where).to.equal(0)
        }
      }
    })
  }

  it('is not corrected where it is right', () => {
    for (const wanted of ALL) {
      for (const rule of [true, false, null]) {
        const isServed = unserved(heldAfterAll(wanted), wanted, rule) === 0
        if (isServed)
          expect(correctionFor(heldAfterAll(wanted), wanted, rule), `${wanted} ${rule}`).to.equal(null)
      }
    }
  })

  it('gets a persistent watch before a recursive one, which serves both where one mode is kept', () => {
    expect(correctionFor(0, LASTING, true)).to.deep.equal({ add: 'persistent' })
    expect(correctionFor(0, LASTING, null)).to.deep.equal({ add: 'persistent' })
    expect(correctionFor(0, LASTING, false)).to.deep.equal({ add: 'recursive' })
    // The persistent watch is there by the newer rule, and replaced by the older one: the recursive one serves it there.
    const replaced = heldAfterSetting(heldAfterSetting(0, persistent), data)
    expect(correctionFor(replaced, LASTING, null)).to.deep.equal({ add: 'recursive' })
  })
})
