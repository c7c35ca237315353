import type { ConformanceCase } from './case.ts'

/** Returns the label of a case: the text that `only` is matched with. */
export function labelOf({ area, title }: Pick<ConformanceCase, 'area' | 'title'>): string {
  return `${area}: ${title}`
}
