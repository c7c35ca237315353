import { UsageError } from '../program/errors.ts'

/** Makes a regular expression of a user's. @param option named in the message. @throws UsageError. */
export function regularExpression(option: string, text: string): RegExp {
  try {
    return new RegExp(text, 'u')
  } catch (error) {
    throw new UsageError(`${option}: ${(error as Error).message}`)
  }
}
