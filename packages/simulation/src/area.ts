import type { Random } from '@zookit/testing/simulate'
import type { System } from './system.ts'

/** One step of an area: how often it comes, and what it does. */
export interface AreaStep<Own> {
  readonly weight: number
  /** Begins the step. Its promise, if it returns one, must resolve: a rejection fails the run. */
  run(own: Own, system: System, random: Random): void | Promise<void>
}

/** A part of what zookit promises: the steps that try it, and the checks that must hold. */
export interface Area<Own> {
  readonly name: string
  /** Makes what the area keeps during a run. Called before the first step. */
  begin(system: System, random: Random): Own | Promise<Own>
  readonly steps: Readonly<Record<string, AreaStep<Own>>>
  /** Throws when something does not hold that must always hold. Called after each step. */
  check?(own: Own, system: System): void
  /**
   * Called when all faults are over and every client is connected: ends what the area has under way, and throws when
   * something does not hold that must hold at a quiet point.
   */
  quiet?(own: Own, system: System): void | Promise<void>
  /** Called after every client was closed. Throws when something was left behind. */
  end?(own: Own, system: System): void
}

/** An area whose own state nobody else needs to know the type of. */
export type AnyArea = Area<unknown>

/** Declares an area. */
export function area<Own>(definition: Area<Own>): AnyArea {
  return definition as AnyArea
}

const noticed = new WeakMap<object, string>()

/** Runs a step or a check of an area. What it throws is known as the area's. */
export function within<T>({ name }: AnyArea, run: () => T): T {
  const blame = (error: unknown): never => {
    if (error instanceof Error && !noticed.has(error)) noticed.set(error, name)
    throw error
  }
  try {
    const result = run()
    return result instanceof Promise ? (result.catch(blame) as T) : result
  } catch (error) {
    return blame(error)
  }
}

/** Returns the name of the area whose step or check threw an error, or null. */
export function areaOf(error: unknown): string | null {
  return error instanceof Error ? (noticed.get(error) ?? null) : null
}
