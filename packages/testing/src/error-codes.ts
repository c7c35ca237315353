import { errorTable, type KnownErrorCode } from '@zookit/jute'
import { badArguments, describe } from './arguments.ts'

/** The error numbers that the server answers with, by the names of errors.json. */
export { ErrorNumber as Err } from '@zookit/jute'

/** Returns the number of an error that is given by its code or its number. @throws TypeError, BAD_ARGUMENTS, for neither. */
export function numberOf(error: KnownErrorCode | number): number {
  if (Number.isInteger(error)) return error as number
  const row = errorTable.find(({ code }) => code === error)
  if (row) return row.number
  const reason = `the error must be a code such as "BAD_VERSION" or a number such as -103, not ${describe(error)}`
  throw badArguments('answerWith', reason)
}
