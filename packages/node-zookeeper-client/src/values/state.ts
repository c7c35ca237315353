import assert from 'node:assert'

/** A state of a client. Compare with the constants: there is one object for each state. */
export class State {
  static readonly DISCONNECTED: State = new State('DISCONNECTED', 0)
  static readonly SYNC_CONNECTED: State = new State('SYNC_CONNECTED', 3)
  static readonly AUTH_FAILED: State = new State('AUTH_FAILED', 4)
  static readonly CONNECTED_READ_ONLY: State = new State('CONNECTED_READ_ONLY', 5)
  static readonly SASL_AUTHENTICATED: State = new State('SASL_AUTHENTICATED', 6)
  static readonly EXPIRED: State = new State('EXPIRED', -122)

  name: string
  code: number

  /** @throws AssertionError. */
  constructor(name: string, code: number) {
    assert(name && typeof name === 'string', 'the name of a state must be a non-empty string')
    assert(typeof code === 'number', 'the code of a state must be a number')
    this.name = name
    this.code = code
  }

  getName(): string {
    return this.name
  }

  getCode(): number {
    return this.code
  }

  /** Returns the name and the code, such as `SYNC_CONNECTED[3]`. */
  toString(): string {
    return `${this.name}[${this.code}]`
  }
}
