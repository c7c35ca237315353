/** A name that is hardly a secret: the usual form of an environment variable's. */
const USUAL = /^[A-Z_][A-Z0-9_]*$/

/**
 * Tells the environment variable that an option names. A name of another form is not shown: it may be the secret itself, given
 * in the place of its name.
 */
export function variable(name: string): string {
  return USUAL.test(name)
    ? `the environment variable ${name}`
    : 'the environment variable that it names (a name belongs there, no secret)'
}

/** Tells how to set it. */
export function howToSet(name: string, value: string): string {
  return `export ${USUAL.test(name) ? name : 'NAME'}=${value}`
}
