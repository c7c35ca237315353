import { checks } from '@zookit/connection'
import { InvalidArgument } from './invalid-argument.ts'

export type Check = checks.Check
export type OptionTable = checks.OptionTable

export const abortSignal: Check = checks.abortSignal
export const flag: Check = checks.flag
export const func: Check = checks.func
export const text: Check = checks.text

export const atLeast: typeof checks.atLeast = checks.atLeast
export const mustBe: typeof checks.mustBe = checks.mustBe
export const oneOf: typeof checks.oneOf = checks.oneOf
export const secretly: typeof checks.secretly = checks.secretly
export const whole: typeof checks.whole = checks.whole

/** The check of a number of levels of a tree. */
export const levels: Check = mustBe(
  'a whole number from 0, or Infinity',
  value => value === Infinity || (Number.isInteger(value) && Number(value) >= 0),
)

export const describe: typeof checks.describe = checks.describe
export const fields: typeof checks.fields = checks.fields
export const fieldTable: typeof checks.fieldTable = checks.fieldTable
export const optionTable: typeof checks.optionTable = checks.optionTable

/** The check of a property whose value is checked where it is used. */
export const checkedLater: Check = () => null

/** Checks the options of a call. @throws InvalidArgument, which names the option. */
export function checkOptions(options: unknown, table: OptionTable): void {
  const fault = checks.optionsFault(options, table)
  if (fault !== null) throw new InvalidArgument(fault)
}

/** Checks one argument. @throws InvalidArgument, which names it. */
export function checkArgument(name: string, value: unknown, check: Check): void {
  const fault = check(value)
  if (fault !== null) throw new InvalidArgument(`${name} ${fault}`)
}
