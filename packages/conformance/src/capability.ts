/**
 * An ability of a server beyond its release, which the survey finds out: whether it takes TTL znodes, containers and
 * the scheme `digest`, gets connections that have no identity of their own (`anonymous`), has a leader with followers, deletes containers soon enough to wait for it, has `reconfig`
 * disabled, enforces quotas, has SASL set up, and whether the super user's password was given.
 */
export type Capability =
  | 'extended-types'
  | 'no-extended-types'
  | 'containers'
  | 'digest'
  | 'anonymous'
  | 'ensemble'
  | 'standalone'
  | 'quick-reaping'
  | 'reconfig-disabled'
  | 'enforced-quota'
  | 'short-sessions'
  | 'super'
  | 'sasl'
  | 'no-sasl'
  | `word:${string}`
