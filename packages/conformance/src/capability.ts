/**
 * An ability of a server beyond its release, which the survey finds out: whether it takes TTL znodes, containers and
 * the scheme `digest`, has a leader with followers, deletes containers soon enough to wait for it, has `reconfig`
 * disabled, enforces quotas, has SASL set up, and whether the super user's password was given.
 */
export type Capability =
  | 'extended-types'
  | 'no-extended-types'
  | 'containers'
  | 'digest'
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
