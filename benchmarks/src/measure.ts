import { mkdirSync } from 'node:fs'
import { Child } from './child.ts'
import type { Armed, Cell, Readiness, RoundResult } from './clients/support/cell.ts'
import type { ClientEntry } from './clients.ts'
import { describeCell, type LoadCell } from './loads.ts'
import { nodePath, parentPath } from './stub/control.ts'
import type { Cpu, Target } from './targets.ts'

/** How long and how often. */
export interface Effort {
  rounds: number
  /** Seconds of a round. */
  seconds: number
  /** Seconds for which each client runs before the first round. */
  warmUp: number
  /** A directory for CPU profiles of the clients; undefined for none. */
  profiles?: string | undefined
}

/** A round of a client, and what the server's process used meanwhile. */
export interface MeasuredRound extends RoundResult {
  /** CPU time in microseconds; null where it is not to be had. */
  server: number | null
}

/** What came of one client in one cell. */
export interface ClientResult {
  client: string
  version: string
  rounds: MeasuredRound[]
}

/** A cell with its clients; those that are missing have a reason. */
export interface CellResult extends LoadCell {
  clients: ClientResult[]
  skipped: { client: string; reason: string }[]
}

type Answer = RoundResult & Partial<Armed> & { error?: string }

/** Seconds beyond a round's own after which a client counts as hung: one that is slow has all its requests to finish. */
const PATIENCE = 120

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

  /** Starts a client and gets it ready. @returns the reason, where it has no part in this. */
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

  /** The rounds that do not count. */
  async warmUp(seconds: number): Promise<void> {
    await this.run(Math.max(seconds, this.#warmUp))
  }

  /** One round. */
  async run(seconds: number): Promise<MeasuredRound> {
    const before = await this.#target.cpu()
    let answer = await this.#child.ask<Answer>({ seconds }, seconds + PATIENCE)
    if (answer.armed !== undefined) {
      // What the runner does to the server is no part of the round, but the server cannot tell them apart.
      const [result] = await Promise.all([this.#child.hear<Answer>(PATIENCE), this.#provoke(answer.armed)])
      answer = result
    }
    const after = await this.#target.cpu()
    return { ...answer, server: before && after && total(after) - total(before) }
  }

  #provoke(armed: number): Promise<void> {
    return this.#cell.load === 'fanOut' ? this.#target.fire(armed) : this.#target.drop!()
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

/**
 * Measures one cell: every client is started and warmed up, then they take turns, round by round, so that what the
 * machine does meanwhile meets them all.
 */
export async function measure(
  cell: LoadCell,
  entries: readonly ClientEntry[],
  target: Target,
  effort: Effort,
  tick: () => void,
): Promise<CellResult> {
  const result: CellResult = { ...cell, clients: [], skipped: [] }
  const contenders: Contender[] = []
  const skip = (client: string, reason: unknown): void => {
    result.skipped.push({ client, reason: reason instanceof Error ? reason.message : String(reason) })
  }
  if (cell.load === 'reconnect' && !target.drop) {
    for (const { name } of entries) skip(name, `the ${target.kind} target cannot drop connections`)
    return result
  }
  try {
    await target.prepare(cell)
  } catch (error) {
    for (const { name } of entries) skip(name, error)
    return result
  }
  try {
    for (const entry of entries) {
      const contender = await Contender.start(entry, cell, target, effort.profiles).catch(
        (error: Error) => error,
      )
      if (contender instanceof Contender) contenders.push(contender)
      else skip(entry.name, contender)
    }
    const failed = new Set<Contender>()
    for (let round = -1; round < effort.rounds; round++) {
      for (const contender of contenders) {
        if (failed.has(contender)) continue
        try {
          if (round < 0) await contender.warmUp(effort.warmUp)
          else contender.result.rounds.push(await contender.run(effort.seconds))
        } catch (error) {
          failed.add(contender)
          skip(contender.name, error)
        }
        tick()
      }
    }
    for (const contender of contenders) if (!failed.has(contender)) result.clients.push(contender.result)
  } finally {
    await Promise.all(contenders.map(contender => contender.end()))
  }
  return result
}
