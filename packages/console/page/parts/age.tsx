import { signal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { formatAge } from './format.ts'

/** The time, which goes on while nothing else on the page changes. */
const now = signal(Date.now())
setInterval(() => (now.value = Date.now()), 1000)

interface AgeProps {
  readonly since: number
  /** The time of the ensemble when it told of this. Default: this machine's. */
  readonly at?: number
}

/** The time since then. It grows as long as it is shown. */
export function Age({ since, at }: AgeProps) {
  const ahead = useMemo(() => (at === undefined ? 0 : at - Date.now()), [at])
  return <>{formatAge(since, Math.max(now.value, Date.now()) + ahead)}</>
}

/** The time until an end, or since. */
export function Remaining({ until }: { until: number }) {
  const time = Math.max(now.value, Date.now())
  return <>{time < until ? `for ${formatAge(time, until)} more` : `until ${formatAge(until, time)} ago`}</>
}
