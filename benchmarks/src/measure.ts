import { mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { Child } from './child.ts'
import type { Armed, Cell, Readiness, RoundResult } from './clients/support/cell.ts'
import type { ClientEntry } from './clients.ts'
import { describeCell, type LoadCell } from './loads.ts'
import { type Effort, paceOf } from './pace.ts'
import { nodePath, parentPath } from './stub/control.ts'
import type { Cpu, Target } from './targets.ts'

/** A round of a client, with the CPU time of the server's process. */
export interface MeasuredRound extends RoundResult {
  /** The CPU time in microseconds; null if it is unknown. */
  server: number | null
}

/** The result of one client in one cell. */
export interface ClientResult {
  client: string
  version: string
  rounds: MeasuredRound[]
}

/** A cell with its clients, and the reason for each client that is missing. */
export interface CellResult extends LoadCell {
  clients: ClientResult[]
  skipped: { client: string; reason: string }[]
}

type Answer = RoundResult & Partial<Armed> & { error?: string }

/** Seconds after the end of a round at which a client counts as hung: a slow one must finish all its requests. */
const OVERTIME = 120

class Contender {
  readonly name: string
  readonly #warmUp: number
  readonly result: ClientResult
  readonly #child: Child
  readonly #target: Target
  readonly #cell: LoadCell

  private constructor(entry: ClientEntry, child: Child, version: string, target: Target, cell: LoadCell) {
    this.name = entry.name
    this.#warmUp = entry.warmUp
    this.#child = child
    this.#target = target
    this.#cell = cell
    this.result = { client: entry.name, version, rounds: [] }
  }

  /** Starts a client and prepares it. @returns the reason if it cannot do the load. */
  static async start(
    entry: ClientEntry,
    cell: LoadCell,
    target: Target,
    profiles?: string,
  ): Promise<Contender | string> {
    if (cell.inFlight > entry.most) return `measured up to ${entry.most} in flight only`
    const child = new Child(entry.name, entry.command(entry.node ? profileFlags(entry, cell, profiles) : []))
    try {
      const { ready, version = '', skip } = await child.ask<Readiness>(orderFor(cell, target))
      if (ready) return new Contender(entry, child, version, target, cell)
      await child.end()
      return skip ?? 'not ready'
    } catch (error) {
      await child.end()
      throw error
    }
  }

  /** Runs without measuring. */
  async warmUp(seconds: number): Promise<void> {
    await this.run(Math.max(seconds, this.#warmUp))
  }

  /** Measures one round. */
  async run(seconds: number): Promise<MeasuredRound> {
    const before = await this.#target.cpu()
    let answer = await this.#child.ask<Answer>({ seconds }, seconds + OVERTIME)
    if (answer.armed !== undefined) {
      // The runner's own requests to the server are not part of the round, but the server's CPU time includes them.
      const [result] = await Promise.all([this.#child.hear<Answer>(OVERTIME), this.#provoke(answer.armed)])
      answer = result
    }
    const after = await this.#target.cpu()
    return { ...answer, server: before && after && total(after) - total(before) }
  }

  async #provoke(armed: number): Promise<void> {
    if (this.#cell.load === 'fanOut') await this.#target.fire(armed)
    else await this.#target.drop!()
  }

  pin(cores: string): void {
    this.#child.pin(cores)
  }

  end(): Promise<void> {
    return this.#child.end()
  }
}

function total({ user, system }: Cpu): number {
  return user + system
}

function orderFor(cell: LoadCell, target: Target): Cell {
  const { load, inFlight, payload, children, watched, rate } = cell
  const paths = { node: nodePath(payload), parent: parentPath(children) }
  return { hosts: target.hosts, load, inFlight, payload, watched, rate, ...paths }
}

function profileFlags(entry: ClientEntry, cell: LoadCell, profiles: string | undefined): string[] {
  if (profiles === undefined) return []
  mkdirSync(profiles, { recursive: true })
  const name = `${describeCell(cell).replaceAll(/[, ]+/g, '-')}-${entry.name}.cpuprofile`
  return ['--cpu-prof', `--cpu-prof-dir=${profiles}`, `--cpu-prof-name=${name}`, '--cpu-prof-interval=200']
}

/** A client in a cell. */
export interface Entrant {
  entry: ClientEntry
  cell: LoadCell
}

/** The result of an entrant: its rounds, or the reason why there are none. */
export type Outcome = ClientResult | { client: string; reason: string }

/**
 * Starts and warms up every entrant. Then they take turns, round by round, so that other work of the machine slows all of
 * them alike.
 */
export async function takeTurns(
  entrants: readonly Entrant[],
  target: Target,
  effort: Effort,
  tick: () => void = () => {},
): Promise<Outcome[]> {
  const outcomes = new Map<Entrant, Outcome>()
  const contenders = new Map<Entrant, Contender>()
  const skip = (entrant: Entrant, error: unknown): void => {
    const reason = error instanceof Error ? error.message : String(error)
    outcomes.set(entrant, { client: entrant.entry.name, reason })
    contenders.delete(entrant)
  }
  const started: Contender[] = []
  const onOneCore = entrants.every(({ cell }) => isOneAtATime(cell)) && target.pin !== undefined
  try {
    if (onOneCore) target.pin!(ONE_CORE)
    for (const entrant of entrants) {
      const { entry, cell } = entrant
      const contender = await Contender.start(entry, cell, target, effort.profiles).catch(
        (error: Error) => error,
      )
      if (!(contender instanceof Contender)) {
        skip(entrant, contender)
        continue
      }
      if (onOneCore) contender.pin(ONE_CORE)
      started.push(contender)
      contenders.set(entrant, contender)
      outcomes.set(entrant, contender.result)
    }
    const rounds = Math.max(...entrants.map(({ cell }) => paceOf(cell, effort).rounds))
    for (let round = -1; round < rounds; round++) {
      for (const [entrant, contender] of contenders) {
        try {
          const { seconds, warmUp } = paceOf(entrant.cell, effort)
          if (round < 0) await contender.warmUp(warmUp)
          else contender.result.rounds.push(await contender.run(seconds))
        } catch (error) {
          skip(entrant, error)
        }
        tick()
      }
    }
  } finally {
    if (onOneCore) target.pin!(ALL_CORES)
    await Promise.all(started.map(contender => contender.end()))
  }
  return entrants.map(entrant => outcomes.get(entrant)!)
}

const ONE_CORE = '0'
const ALL_CORES = `0-${availableParallelism() - 1}`

/**
 * Returns true for a cell with one request in flight: then either the client works or the server does. On one core the
 * measurement shows their work. On two it shows the time in which an idle core wakes up, which is longer on a virtual
 * machine and varies.
 */
function isOneAtATime({ load, inFlight, rate }: LoadCell): boolean {
  return inFlight === 1 && rate === 0 && !['connect', 'storm', 'fanOut', 'reconnect'].includes(load)
}

/** Measures one cell. */
export async function measure(
  cell: LoadCell,
  entries: readonly ClientEntry[],
  target: Target,
  effort: Effort,
  tick: () => void,
): Promise<CellResult> {
  const result: CellResult = { ...cell, clients: [], skipped: [] }
  const skipAll = (reason: string): CellResult => ({
    ...result,
    skipped: entries.map(({ name }) => ({ client: name, reason })),
  })
  if (cell.load === 'reconnect' && !target.drop) {
    return skipAll(`the ${target.kind} target cannot drop connections`)
  }
  try {
    await target.prepare(cell)
  } catch (error) {
    return skipAll(error instanceof Error ? error.message : String(error))
  }
  const entrants = entries.map(entry => ({ entry, cell }))
  for (const outcome of await takeTurns(entrants, target, effort, tick)) {
    if ('rounds' in outcome) result.clients.push(outcome)
    else result.skipped.push(outcome)
  }
  return result
}
