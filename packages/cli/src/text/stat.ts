import type { Stat } from '@zookit/client'

/** Formats a Stat as zkCli.sh does, line by line. */
export function formatStat(stat: Stat): string {
  return [
    `cZxid = ${hex(stat.czxid)}`,
    `ctime = ${formatTime(stat.ctime)}`,
    `mZxid = ${hex(stat.mzxid)}`,
    `mtime = ${formatTime(stat.mtime)}`,
    `pZxid = ${hex(stat.pzxid)}`,
    `cversion = ${stat.cversion}`,
    `dataVersion = ${stat.version}`,
    `aclVersion = ${stat.aversion}`,
    `ephemeralOwner = ${hex(stat.ephemeralOwner)}`,
    `dataLength = ${stat.dataLength}`,
    `numChildren = ${stat.numChildren}`,
  ].join('\n')
}

/** Formats a 64-bit id in hexadecimal, a negative one as its two's complement. */
export function hex(id: bigint): string {
  return `0x${BigInt.asUintN(64, id).toString(16)}`
}

/** Formats a time as Java's Date does: `Sat Nov 28 07:19:34 UTC 2026`. */
function formatTime(milliseconds: number): string {
  const date = new Date(milliseconds)
  const [weekday, month, day, year, time] = date.toString().split(' ')
  const format = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' })
  const zone = format.formatToParts(date).find(({ type }) => type === 'timeZoneName')?.value ?? 'UTC'
  return `${weekday} ${month} ${day} ${time} ${zone} ${year}`
}
