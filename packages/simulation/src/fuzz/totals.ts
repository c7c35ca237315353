import type { Episode } from './finding.ts'

/** A worker's share: the episodes from `first` on, every `step`-th, below `end`. */
export interface Task {
  readonly seed: number
  readonly first: number
  readonly step: number
  readonly end: number
}

/** The figures by target. */
export type Totals = { [target: string]: Episode }

/** The report of a worker at its end. */
export type FromWorker =
  | { readonly failure: string }
  | { readonly totals: Totals; readonly heapGrowth: number; readonly cpu: number }

/** Adds the figures of an episode to those of its target. */
export function addTo(totals: Totals, target: string, episode: Episode): void {
  const sum = totals[target]
  if (sum === undefined) {
    totals[target] = { ...episode }
    return
  }
  for (const key of Object.keys(episode) as (keyof Episode)[]) {
    sum[key] = key === 'slowest' ? Math.max(sum[key], episode[key]) : sum[key] + episode[key]
  }
}
