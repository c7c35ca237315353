/** The line on which a program waits until its connections have been dropped. */
export const DROP = 'drop'

/**
 * The output of every program in `programs`, with any client on any server: znodes, versions, an ephemeral, sequential
 * znodes, watches, transactions, digest authentication, and a dropped connection in the middle. After it the session,
 * its ephemeral, its credentials and an earlier watch are unchanged.
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
