import { Random } from '@zookit/testing/simulate'
import type { Abilities } from './place/namespaces.ts'

/** The faults, each with what it takes besides processes. */
const NEEDS = {
  'kill a member': null,
  'freeze a member': null,
  'kill the leader': null,
  'freeze the leader': null,
  'restart all members': null,
  'restart one member after the other': null,
  'fill the disk of a member': 'namespaces',
  'show an expired certificate': null,
  'cut a client off from a member': 'namespaces',
  'lose what a client sends to a member': 'namespaces',
  'lose what a member sends to a client': 'namespaces',
  'cut a client off from all members': 'namespaces',
  'cut a member off from the others': 'namespaces',
  'lose what a member sends to the others': 'namespaces',
  'slow a client down': 'slow',
  'slow a member down': 'slow',
  'lose packets of a client': 'lossy',
  'lose packets of a member': 'lossy',
  'step the clock of a client': null,
  'kill a client': null,
  'stop a client': null,
} as const

export type FaultKind = keyof typeof NEEDS

/** A fault that is to come. */
export interface PlannedFault {
  readonly kind: FaultKind
  /** Milliseconds from the begin of the run to its begin. */
  readonly at: number
  /** Milliseconds from its begin to its end. */
  readonly lasts: number
  /** The client and the member that it meets, counted from 0. Faults of all, or of the leader, do not heed it. */
  readonly client: number
  readonly member: number
  /** A number in [0, 1) for whatever else is to be drawn. */
  readonly chance: number
}

/** The part of a run in which faults begin: the rest lets them end. */
const LAST = 0.9

/** Tells whether a machine can do a fault. */
function isPossible(kind: FaultKind, { namespaces, netem, rate, filter }: Abilities): boolean {
  const need = NEEDS[kind]
  if (need === null) return true
  if (need === 'slow') return namespaces && (netem || rate)
  if (need === 'lossy') return namespaces && (netem || filter)
  return namespaces
}

/** Returns the faults that a machine cannot do. */
export function impossible(abilities: Abilities): FaultKind[] {
  return kinds().filter(kind => !isPossible(kind, abilities))
}

function kinds(): FaultKind[] {
  return Object.keys(NEEDS) as FaultKind[]
}

/** The settings of a schedule. */
export interface ScheduleOptions {
  /** Milliseconds of the whole run. */
  readonly duration: number
  readonly clients: number
  readonly members: number
  /** The session timeout of the clients, in milliseconds. Some faults last longer, others do not. */
  readonly sessionTimeout: number
  readonly abilities: Abilities
}

/** Draws the faults of a run. Each kind comes once before one comes again. */
export function planFaults(seed: string, options: ScheduleOptions): PlannedFault[] {
  const random = new Random(`${seed}/faults`)
  const possible = kinds().filter(kind => isPossible(kind, options.abilities))
  const faults: PlannedFault[] = []
  let round: FaultKind[] = []
  for (let at = 3000; at < options.duration * LAST; ) {
    if (round.length === 0) round = shuffled(random, possible)
    const lasts = Math.round(
      options.sessionTimeout * (random.chance(0.4) ? 1.5 + random.next() : 0.1 + random.next()),
    )
    const fault = { client: random.int(0, options.clients - 1), member: random.int(0, options.members - 1) }
    faults.push({ kind: round.pop()!, at, lasts, ...fault, chance: random.next() })
    // Now and then one begins while another lasts.
    at += random.chance(0.3) ? random.int(300, 2000) : lasts + random.int(500, 2500)
  }
  return faults
}

function shuffled<T>(random: Random, list: readonly T[]): T[] {
  return list
    .map(each => [random.next(), each] as const)
    .sort(([a], [b]) => a - b)
    .map(([, each]) => each)
}
