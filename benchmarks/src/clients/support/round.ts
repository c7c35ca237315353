import type { Cell, RoundResult } from './cell.ts'

/** Measures for a number of seconds. */
export type Round = (seconds: number) => Promise<RoundResult>

/** Prepares a process for a cell. A string as the result is the reason why the client has no part in the cell's load. */
export type Prepare = (cell: Cell) => Promise<Round | string>
