import assert from 'node:assert'

/** The options of `createClient`. Every time is in milliseconds. */
export interface Option {
  /** The session timeout to ask the server for. Default 30 000. */
  sessionTimeout: number
  /** The longest pause after all servers have been tried. Default 1000. */
  spinDelay: number
  /** The number of times that a request is sent again after a lost connection. Default 0. */
  retries: number
  /** The id of the session to take over, 8 bytes, with `sessionPassword`. */
  sessionId: Buffer
  /** The password of the session to take over. */
  sessionPassword: Buffer
}

/** The options of a client, with their defaults. */
export type Options = Pick<Option, 'sessionTimeout' | 'spinDelay' | 'retries'> &
  Partial<Pick<Option, 'sessionId' | 'sessionPassword'>>

const isTime = (value: unknown): boolean => typeof value === 'number' && value > 0 && Number.isFinite(value)

/** Fills the defaults in. @throws AssertionError. */
export function resolveOptions(options: Partial<Option> | null = {}): Options {
  assert(typeof options === 'object', 'the options must be an object such as { sessionTimeout: 10000 }')
  const given = Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined))
  const all: Options = { sessionTimeout: 30_000, spinDelay: 1000, retries: 0, ...given }
  assert(isTime(all.sessionTimeout), 'the option sessionTimeout must be a number of milliseconds above 0')
  assert(
    all.spinDelay === 0 || isTime(all.spinDelay),
    'the option spinDelay must be a number of milliseconds',
  )
  return all
}
