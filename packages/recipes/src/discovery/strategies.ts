import { badArgument } from '../core/errors.ts'
import { hash32 } from './hash.ts'
import { identityOf, type ServiceInstance } from './service-instance.ts'

/** What a strategy may choose by, beside the instances. */
export interface PickContext {
  /** A number in [0, 1). */
  random(): number
  /** What the caller has given to choose by, such as a user's id. */
  readonly key: string | undefined
  /** How many calls to an instance are under way here. */
  outstanding(instance: ServiceInstance): number
}

/** Chooses one of several instances. */
export interface Strategy<Payload = unknown> {
  /** @param instances those that can be used, in the order of their ids; there is at least one. */
  pick(instances: readonly ServiceInstance<Payload>[], context: PickContext): ServiceInstance<Payload>
}

/** Tells how much of the load an instance is to get. What is not a number above 0 gets none, unless all are so. */
export type WeightOf<Payload = unknown> = (instance: ServiceInstance<Payload>) => number

/** One after the other, in the order of their ids. */
export function roundRobin<Payload = unknown>(): Strategy<Payload> {
  let last: string | null = null
  return {
    pick(instances) {
      // By the id, not by a count: whoever comes or goes, nobody's turn is left out.
      const chosen = instances.find(one => last !== null && identityOf(one) > last) ?? instances[0]!
      last = identityOf(chosen)
      return chosen
    },
  }
}

/** Any of them, by chance. */
export function random<Payload = unknown>(): Strategy<Payload> {
  return { pick: (instances, context) => instances[Math.floor(context.random() * instances.length)]! }
}

/** Any of them, by chance, in proportion to their weights. */
export function weighted<Payload = unknown>(weightOf: WeightOf<Payload>): Strategy<Payload> {
  return {
    pick(instances, context) {
      const weights = weightsOf(instances, weightOf)
      let rest = context.random() * weights.reduce((sum, weight) => sum + weight, 0)
      const index = weights.findIndex(weight => weight > 0 && (rest -= weight) < 0)
      // Rounding may leave a little over: that is the last one's.
      return instances[index >= 0 ? index : weights.findLastIndex(weight => weight > 0)]!
    },
  }
}

/** The same one as long as it can be used; then another one. */
export function sticky<Payload = unknown>(other: Strategy<Payload> = random()): Strategy<Payload> {
  let last: string | null = null
  return {
    pick(instances, context) {
      const chosen = instances.find(one => identityOf(one) === last) ?? other.pick(instances, context)
      last = identityOf(chosen)
      return chosen
    },
  }
}

/** The one with the fewest calls from here under way; by chance among equals. */
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
 * The same one for the same key, wherever it is chosen, in proportion to the weights if there are any. When an
 * instance goes, only its keys move; when one comes, it takes its share and no other key moves (rendezvous hashing).
 */
export function rendezvous<Payload = unknown>(weightOf: WeightOf<Payload> = () => 1): Strategy<Payload> {
  return {
    pick(instances, { key }) {
      if (key === undefined) throw badArgument('rendezvous chooses by a key, and there is none')
      const weights = weightsOf(instances, weightOf)
      const scores = instances.map(
        (one, index) => -weights[index]! / Math.log(fractionOf(key, identityOf(one))),
      )
      return instances[scores.indexOf(Math.max(...scores))]!
    },
  }
}

/** A number in (0, 1). */
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
