import type { RequestLoad, SessionLoad } from './clients/support/cell.ts'

/** A load with its numbers: one line of the table. */
export interface LoadCell {
  /** The load's name on the command line. */
  name: string
  load: RequestLoad | SessionLoad
  inFlight: number
  payload: number
  children: number
  watched: number
  rate: number
}

/** The numbers that the command line gives; the load decides those that are undefined. */
export interface LoadNumbers {
  inFlight?: readonly number[] | undefined
  payload?: number | undefined
  children?: readonly number[] | undefined
  watched?: number | undefined
  rate?: number | undefined
}

interface Plan {
  what: string
  cells(numbers: LoadNumbers): Partial<LoadCell>[]
}

const KIB = 1024
const IN_FLIGHT = [1, 64, 1000]

function requests(load: RequestLoad, inFlight: readonly number[] = IN_FLIGHT): Plan['cells'] {
  return numbers => (numbers.inFlight ?? inFlight).map(count => ({ load, inFlight: count }))
}

function one(cell: Partial<LoadCell>): Plan['cells'] {
  return numbers => [{ ...cell, inFlight: numbers.inFlight?.[0] ?? cell.inFlight ?? 1 }]
}

/** All loads, in the order of the table. */
export const loads: Readonly<Record<string, Plan>> = {
  getData: { what: 'read 100 bytes', cells: requests('getData', [...IN_FLIGHT, 10_000, 100_000]) },
  exists: { what: 'read a Stat', cells: requests('exists', [64, 1000]) },
  setData: { what: 'write 100 bytes', cells: requests('setData', [64, 1000]) },
  createDelete: { what: 'create a znode and delete it, counted as one', cells: requests('createDelete') },
  getChildren: {
    what: 'list 10, 1 000 and 100 000 names',
    cells: ({ children = [10, 1000, 100_000], inFlight }) =>
      children.map(count => ({
        load: 'getChildren',
        children: count,
        inFlight: inFlight?.[0] ?? Math.max(2, Math.min(64, Math.floor(10_000 / count))),
      })),
  },
  mixed: { what: '90 % getData, 10 % setData', cells: requests('mixed', [64, 1000]) },
  multi: { what: 'ten setData in one multi', cells: requests('multi', [64]) },
  payload: {
    what: 'read 0 B, 1 KiB, 64 KiB and 1 MiB',
    cells: ({ inFlight }) =>
      [0, KIB, 64 * KIB, KIB * KIB].map(payload => ({
        load: 'getData',
        payload,
        inFlight: inFlight?.[0] ?? (payload > KIB ? 16 : 1000),
      })),
  },
  fanOut: { what: 'receive the events of 100 000 watches', cells: one({ load: 'fanOut', watched: 100_000 }) },
  reconnect: {
    what: 'lose the connection with 100 000 watches',
    cells: one({ load: 'reconnect', watched: 100_000 }),
  },
  connect: { what: 'connect and close, one after the other', cells: one({ load: 'connect' }) },
  storm: { what: '500 sessions at once', cells: one({ load: 'storm', inFlight: 500 }) },
  latency: {
    what: 'getData at a fixed rate, each latency from the time at which the request was due',
    cells: one({ load: 'getData', rate: 10_000 }),
  },
}

/** Returns the cells of a load. Numbers of the command line replace the load's own. */
export function cellsOf(name: string, numbers: LoadNumbers): LoadCell[] {
  const plan = loads[name]
  if (!plan) throw new Error(`there is no load ${name}; there are ${Object.keys(loads).join(', ')}`)
  return plan.cells(numbers).map(cell => ({
    name,
    load: 'getData',
    inFlight: 1,
    payload: numbers.payload ?? 100,
    children: 10,
    ...cell,
    watched: cell.watched === undefined ? 0 : (numbers.watched ?? cell.watched),
    rate: cell.rate === undefined ? 0 : (numbers.rate ?? cell.rate),
  }))
}

/** Describes a cell in words, which also identify it in a file of results. */
export function describeCell({ name, inFlight, payload, children, watched, rate }: LoadCell): string {
  const parts = [name]
  if (name === 'payload') parts.push(formatBytes(payload))
  else if (payload !== 100) parts.push(formatBytes(payload))
  if (name === 'getChildren') parts.push(`${children} names`)
  if (watched > 0) parts.push(`${watched} watches`)
  parts.push(rate > 0 ? `${rate} a second` : `${inFlight} in flight`)
  return parts.join(', ')
}

function formatBytes(bytes: number): string {
  if (bytes >= KIB * KIB) return `${bytes / KIB / KIB} MiB`
  return bytes >= KIB ? `${bytes / KIB} KiB` : `${bytes} B`
}
