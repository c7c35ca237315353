import { UsageError } from '../program/errors.ts'

/** Formats a number of bytes: `312 B`, `1.5 kB`, `2.0 MB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let [value, unit] = [bytes / 1000, 0]
  while (value >= 999.95 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1]
  return `${value.toFixed(1)} ${units[unit]}`
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Parses a duration: `90s`, `15m`, `12h`, `7d`. @returns milliseconds. @throws UsageError. */
export function parseDuration(text: string): number {
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(text)
  if (match !== null) return Number(match[1]) * UNITS[match[2]!]!
  throw new UsageError(`must be a duration such as 90s, 15m, 12h or 7d, not '${text}'`)
}

/** Parses a size: `512`, `10k`, `2M`. @returns bytes. @throws UsageError. */
export function parseSize(text: string): number {
  const match = /^(\d+)([kM]?)$/.exec(text)
  if (match !== null) return Number(match[1]) * (match[2] === 'k' ? 1000 : match[2] === 'M' ? 1_000_000 : 1)
  throw new UsageError(`must be a size such as 512, 10k or 2M, not '${text}'`)
}
