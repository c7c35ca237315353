/** The part of a run that shrinking looks at. */
interface Shrinkable {
  readonly failure: unknown
  readonly schedule: readonly { readonly index: number }[]
}

/**
 * Returns the kind of a failure: its name and message without what differs from run to run, which is numbers and quoted text.
 */
export function kindOf(failure: unknown): string {
  const text = failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure)
  return text
    .split('\n')[0]!
    .replace(/'[^']*'|"[^"]*"|\{[^}]*\}/g, '…')
    .replace(/-?\d+/g, '#')
}

/** Runs that shrinking may take. */
const MOST_RUNS = 200

/**
 * Finds a shorter schedule that fails too: takes away parts, half of the steps first, then ever smaller parts, and keeps
 * what still fails (delta debugging). The failure may turn out to be another one; it is a failure all the same.
 *
 * @param first the run that failed.
 * @param run runs the steps with these indexes.
 * @returns the shortest run found that fails.
 */
export async function shrink<Run extends Shrinkable>(
  first: Run,
  run: (only: ReadonlySet<number>) => Promise<Run>,
): Promise<Run> {
  const kind = kindOf(first.failure)
  let best = first
  let runs = 0
  for (let size = Math.ceil(best.schedule.length / 2); size >= 1; size = Math.floor(size / 2)) {
    let at = 0
    while (at < best.schedule.length && runs < MOST_RUNS) {
      const kept = best.schedule.filter((_, place) => place < at || place >= at + size)
      const shorter = await run(new Set(kept.map(({ index }) => index)))
      runs++
      if (shorter.failure !== null && kindOf(shorter.failure) === kind) best = shorter
      else at += size
    }
  }
  return best
}
