import { checks } from '@zookit/client'
import { refuse } from '../core/arguments.ts'
import { badArgument } from '../core/errors.ts'
import { hash32 } from './hash.ts'
import { identityOf, type ServiceInstance } from './service-instance.ts'

/** Facts that a strategy may use, besides the instances. */
export interface PickContext {
  /** Returns a number in [0, 1). */
  random(): number
  /** Key of the caller, such as a user's id. */
  readonly key: string | undefined
  /** Returns the number of calls to an instance that are in flight here. */
  outstanding(instance: ServiceInstance): number
}

/** Chooses one of several instances. */
export interface Strategy<Payload = unknown> {
  /** @param instances the usable ones by id; at least one. */
  pick(instances: readonly ServiceInstance<Payload>[], context: PickContext): ServiceInstance<Payload>
}

/**
 * Returns an instance's share of the load. A result that is not a number above 0 gives no share, unless all results
 * are such.
 */
export type WeightOf<Payload = unknown> = (instance: ServiceInstance<Payload>) => number

/** The check of a strategy. */
export const strategyCheck: checks.Check = checks.mustBe('a strategy, with pick', value => {
  return typeof (value as { pick?: unknown } | null)?.pick === 'function'
})

function checkWeightOf(operation: string, weightOf: unknown): void {
  refuse(operation, undefined, () => checks.checkArgument('weightOf', weightOf, checks.func))
}

/** Chooses one after the other, by id. */
export function roundRobin<Payload = unknown>(): Strategy<Payload> {
  let last: string | null = null
  return {
    pick(instances) {
      // By the id, not by a count: no instance loses its turn when others come or go.
      const chosen = instances.find(one => last !== null && identityOf(one) > last) ?? instances[0]!
      last = identityOf(chosen)
      return chosen
    },
  }
}

/** Chooses any of them at random. */
export function random<Payload = unknown>(): Strategy<Payload> {
  return { pick: (instances, context) => instances[Math.floor(context.random() * instances.length)]! }
}

/** Chooses any of them at random, in proportion to their weights. */
export function weighted<Payload = unknown>(weightOf: WeightOf<Payload>): Strategy<Payload> {
  checkWeightOf('weighted', weightOf)
  return {
    pick(instances, context) {
      const weights = weightsOf(instances, weightOf)
      let rest = context.random() * weights.reduce((sum, weight) => sum + weight, 0)
      const index = weights.findIndex(weight => weight > 0 && (rest -= weight) < 0)
      // Rounding may leave a small rest, which goes to the last one.
      return instances[index >= 0 ? index : weights.findLastIndex(weight => weight > 0)]!
    },
  }
}

/** Chooses the same one as long as it is usable; then another one. */
export function sticky<Payload = unknown>(other: Strategy<Payload> = random()): Strategy<Payload> {
  refuse('sticky', undefined, () => checks.checkArgument('the other strategy', other, strategyCheck))
  let last: string | null = null
  return {
    pick(instances, context) {
      const chosen = instances.find(one => identityOf(one) === last) ?? other.pick(instances, context)
      last = identityOf(chosen)
      return chosen
    },
  }
}

/** Chooses the one with the fewest calls in flight from here; at random among equals. */
export function leastOutstanding<Payload = unknown>(): Strategy<Payload> {
  return {
    pick(instances, context) {
      const counts = instances.map(instance => context.outstanding(instance))
      const least = Math.min(...counts)
      const idle = instances.filter((_, index) => counts[index] === least)
      return idle[Math.floor(context.random() * idle.length)]!
    },
  }
}

/**
 * Chooses the same one for the same key, on every client, in proportion to the weights if there are any. When an
 * instance goes, only its keys move; when one comes, it takes its share and no other key moves (rendezvous hashing).
 */
export function rendezvous<Payload = unknown>(weightOf: WeightOf<Payload> = () => 1): Strategy<Payload> {
  checkWeightOf('rendezvous', weightOf)
  return {
    pick(instances, { key }) {
      if (key === undefined) throw badArgument('rendezvous needs a key: pass `key` to pick or call')
      const weights = weightsOf(instances, weightOf)
      const scores = instances.map(
        (one, index) => -weights[index]! / Math.log(fractionOf(key, identityOf(one))),
      )
      return instances[scores.indexOf(Math.max(...scores))]!
    },
  }
}

/** Returns a number in (0, 1). */
function fractionOf(key: string, identity: string): number {
  return (hash32(`${key}\0${identity}`) + 0.5) / 2 ** 32
}

function weightsOf<Payload>(
  instances: readonly ServiceInstance<Payload>[],
  weightOf: WeightOf<Payload>,
): number[] {
  const weights = instances.map(weightOf).map(weight => (weight > 0 && weight < Infinity ? weight : 0))
  return weights.some(weight => weight > 0) ? weights : instances.map(() => 1)
}
