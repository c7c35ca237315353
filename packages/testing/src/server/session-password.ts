// Apache derives a session's password from its id with java.util.Random, so that every member of an ensemble
// can check it without being told. The constants are those of that generator and of ZooKeeperServer.
const SUPER_SECRET = 0xb3415c00n
const MULTIPLIER = 0x5deece66dn
const INCREMENT = 0xbn
const MASK = (1n << 48n) - 1n
const LENGTH = 16

/** Returns the password of a session: the 16 bytes with which its client resumes it. */
export function passwordOf(sessionId: bigint): Buffer {
  const password = Buffer.alloc(LENGTH)
  let seed = (sessionId ^ SUPER_SECRET ^ MULTIPLIER) & MASK
  for (let at = 0; at < LENGTH; at += 4) {
    seed = (seed * MULTIPLIER + INCREMENT) & MASK
    password.writeUInt32LE(Number(seed >> 16n), at)
  }
  return password
}

/** Tells if these bytes are the session's password. */
export function isPasswordOf(sessionId: bigint, password: Uint8Array | null): boolean {
  return sessionId !== 0n && password !== null && passwordOf(sessionId).equals(password)
}
