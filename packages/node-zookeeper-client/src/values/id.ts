/** An identity in an ACL. */
export class Id {
  /** Everybody. */
  static readonly ANYONE_ID_UNSAFE: Id = new Id('world', 'anyone')
  /** Every identity that the client has presented with `addAuthInfo`. */
  static readonly AUTH_IDS: Id = new Id('auth', '')

  scheme: string
  id: string

  /** @throws Error. */
  constructor(scheme: string, id: string) {
    if (!scheme || typeof scheme !== 'string') throw new Error('the scheme must be a non-empty string')
    if (typeof id !== 'string') throw new Error('the id must be a string')
    this.scheme = scheme
    this.id = id
  }
}
