import { callsOf, ofKind } from '../checks/evidence.ts'
import type { RunResult } from '../run.ts'

/** A stretch of a lane: a state that lasts. */
interface Stretch {
  /** Seconds from the begin of the run. */
  readonly from: number
  readonly to: number
  readonly label: string
  /** The details, for people who look closer. */
  readonly detail: string
}

/** A row of the timeline. */
export interface Lane {
  readonly name: string
  readonly stretches: readonly Stretch[]
}

/** The calls that ended in one second of the run. */
export interface Second {
  readonly applied: number
  readonly rejected: number
  readonly unknown: number
  /** Milliseconds that calls took which ended in it, half of them and nearly all; null if none ended. */
  readonly median: number | null
  readonly p99: number | null
}

/** Makes stretches of changes: each lasts until the next one. */
function stretchesOf(
  changes: readonly { readonly at: number; readonly label: string; readonly detail: string }[],
  { from, to }: RunResult,
): Stretch[] {
  return changes.map(({ at, label, detail }, index) => {
    const end = changes[index + 1]?.at ?? to
    return { from: (at - from) / 1000, to: (end - from) / 1000, label, detail }
  })
}

/** Lanes of faults: one that begins while another lasts gets a lane of its own. */
export function faultLanes({ faults, from, to }: RunResult): Lane[] {
  const lanes: Stretch[][] = []
  for (const fault of [...faults].sort((a, b) => a.from - b.from)) {
    const begin = (fault.from - from) / 1000
    const end = (Math.min(fault.to, to) - from) / 1000
    const free = lanes.find(lane => lane.at(-1)!.to <= begin)
    const stretch = { from: begin, to: end, label: 'fault', detail: `${fault.kind}: ${fault.who}` }
    if (free === undefined) lanes.push([stretch])
    else free.push(stretch)
  }
  return lanes.map((stretches, index) => ({ name: index === 0 ? 'faults' : '', stretches }))
}

/** Lanes of the members' modes. */
export function memberLanes(result: RunResult): Lane[] {
  const members = [...new Set(result.modes.map(({ member }) => member))].sort()
  return members.map(member => {
    const seen = result.modes.filter(each => each.member === member)
    const changes = seen.filter(({ mode }, index) => mode !== seen[index - 1]?.mode)
    const named = changes.map(({ at, mode }) => ({
      at,
      label: mode ?? 'down',
      detail: mode ?? 'serves nobody',
    }))
    return { name: `member ${member}`, stretches: stretchesOf(named, result) }
  })
}

/** Lanes of the clients' sessions. */
export function clientLanes(result: RunResult): Lane[] {
  const names = [...new Set(result.histories.map(({ client }) => client))]
  return names.map(name => {
    const lives = result.histories.filter(({ client }) => client === name)
    const changes = lives.flatMap(({ life, entries }) => {
      const states = ofKind(entries, 'state').map(({ at, state, server }) => ({
        at,
        label: state,
        detail: `${state}${server === null ? '' : ` to ${server}`}`,
      }))
      const last = entries.at(-1)
      const isKilled = last !== undefined && lives.some(other => other.life > life)
      return isKilled
        ? [...states, { at: last.at, label: 'killed', detail: `process ${life} was killed` }]
        : states
    })
    return { name, stretches: stretchesOf(changes, result) }
  })
}

/** Returns what happened in each second. */
export function secondsOf(result: RunResult): Second[] {
  const { from, to, histories } = result
  const calls = callsOf(histories).filter(
    ({ ended, action }) => Number.isFinite(ended) && !WAITS.includes(action),
  )
  const buckets = Array.from({ length: Math.ceil((to - from) / 1000) }, (): typeof calls => [])
  for (const call of calls) buckets[Math.floor((call.ended - from) / 1000)]?.push(call)
  return buckets.map(bucket => {
    const count = (...outcomes: string[]): number =>
      bucket.filter(({ outcome }) => outcomes.includes(outcome)).length
    const times = bucket.map(({ called, ended }) => ended - called).sort((a, b) => a - b)
    const at = (part: number): number | null => times[Math.floor(part * times.length)] ?? null
    return {
      applied: count('applied'),
      rejected: count('rejected', 'not-sent'),
      unknown: count('unknown'),
      median: at(0.5),
      p99: at(0.99),
    }
  })
}

/** Calls that wait for others by their nature: their times say nothing about the servers. */
const WAITS: readonly string[] = ['acquire', 'take']
