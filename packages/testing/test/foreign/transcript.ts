/** What the line is on which a program waits until its connections have been dropped. */
export const DROP = 'drop'

/**
 * What every program in `programs` prints, with any client on any server: nodes, versions, an ephemeral, sequential
 * ones, watches, transactions, digest authentication, and a dropped connection in the middle, after which the session,
 * its ephemeral, its credentials and a watch that was set before are as they were.
 */
export const TRANSCRIPT: readonly string[] = [
  'create /app',
  'get v1 0',
  'set 1',
  'ephemeral mine',
  'sequence /app/s-0000000001',
  'sequence /app/s-0000000002',
  'children e s-0000000001 s-0000000002',
  'event CHANGED /app',
  'event CHILD /app',
  'bad version',
  'multi done',
  'multi refused',
  'children e m s-0000000001 s-0000000002',
  'owner reads hidden',
  'acl digest alice:aYXlLOpEooaV1cRAvUL1fp9Qt7E= 31',
  'stranger refused',
  DROP,
  'session kept',
  'owner reads hidden',
  'event CHANGED /app',
  'deleted',
  'ephemeral gone',
]
