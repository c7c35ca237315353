import { Command, InvalidArgumentError } from 'commander'

/** The exit code of a command line that is wrong. */
const USAGE = 2

/** Makes the parser of a script's command line. A request for help ends the process with 0, a mistake with a line and 2. */
export function script(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .showSuggestionAfterError(false)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : USAGE))
}

/** Reads a number from 0 on. @throws InvalidArgumentError. */
export function number(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0)) throw new InvalidArgumentError('Not a number.')
  return value
}

/** Reads a whole number above 0. @throws InvalidArgumentError. */
export function count(text: string): number {
  const value = number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('Not a whole number above 0.')
  return value
}

/** Reads whole numbers with commas between them. @throws InvalidArgumentError. */
export function counts(text: string): number[] {
  return text.split(',').map(count)
}

/** Makes a parser for a comma-separated choice; `all` chooses everything. */
export function choice(known: readonly string[]): (text: string) => string[] {
  return text => {
    if (text === 'all') return [...known]
    const names = text.split(',')
    const unknown = names.find(name => !known.includes(name))
    if (unknown === undefined) return names
    throw new InvalidArgumentError(`${unknown} does not exist; there are ${known.join(', ')}.`)
  }
}
