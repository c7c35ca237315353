import type { Installation } from '@zookit/test-fixtures'

/** The setting of a measurement. */
export interface Setting {
  readonly installation: Installation
  /** Multiplies how long is measured: less than 1 for a quick look. */
  readonly scale: number
  /** The longest time, in seconds, of figures that repeat something many times. */
  readonly limit: number
  say(line: string): void
}

/** A figure of docs/reliability.md. */
export interface Figure {
  readonly name: string
  /** The bar that is to be reached, for people. */
  readonly bar: string
  /** Measures, and tells what was measured and whether the bar was reached. */
  measure(setting: Setting): Promise<{ readonly text: string; readonly isReached: boolean }>
}

/** Returns the smallest number that a part of all numbers does not exceed. */
export function quantile(numbers: readonly number[], part: number): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.min(Math.ceil(part * sorted.length), sorted.length) - 1] ?? Number.NaN
}

/** Milliseconds, for people. */
export function ms(number: number): string {
  return `${Math.round(number)} ms`
}

/** A number with its thousands apart. */
export function count(number: number): string {
  return number.toLocaleString('en').replaceAll(',', ' ')
}
