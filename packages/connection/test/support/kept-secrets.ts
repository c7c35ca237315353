// Connects with secrets, and prints which of them a heap snapshot shows then. The arguments are a port in clear text, a port
// for TLS, and the secrets in hexadecimal: this program has no secret as text but while it is asked for one.

import { readFileSync, rmSync } from 'node:fs'
import { writeHeapSnapshot } from 'node:v8'
import { op } from '@zookit/jute'
import { Session, type SessionOptions } from '../../src/index.ts'

const [port, securePort, file, ...hexadecimal] = process.argv.slice(2)
const [digest, sasl, passphrase, key, cert, ca, kept] = hexadecimal as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
]

const textOf = (hex: string): string => Buffer.from(hex, 'hex').toString()

async function connected(at: string, options: Partial<SessionOptions>): Promise<Session> {
  const session = new Session({ servers: [{ host: 'localhost', port: Number(at) }], ...options })
  await session.ready()
  return session
}

const joe = { mechanism: 'DIGEST-MD5', username: 'joe' } as const
const sessions = [
  await connected(port!, { sasl: { ...joe, password: async () => textOf(sasl) } }),
  await connected(securePort!, {
    tls: async () => ({
      ca: textOf(ca),
      cert: textOf(cert),
      key: textOf(key),
      passphrase: textOf(passphrase),
    }),
  }),
  await connected(port!, { sasl: () => ({ ...joe, password: textOf(sasl) }) }),
  // The control: what an option has as text is kept for the next connection, and found.
  await connected(port!, { sasl: { ...joe, username: 'kept', password: textOf(kept) } }),
]
for (const session of sessions) {
  await session.addAuth('digest', async () => textOf(digest))
  await session.request(op.exists, { path: '/', watch: false })
}

writeHeapSnapshot(file)
const snapshot = readFileSync(file!, 'latin1')
rmSync(file!)
/** The second line of a key in PEM, the first one of base64; all of any other secret. */
const mark = (hex: string): string => textOf(hex).split('\n')[textOf(hex).includes('\n') ? 1 : 0]!
const found = { digest, sasl, passphrase, key, kept }
console.log(
  JSON.stringify(
    Object.fromEntries(Object.entries(found).map(([name, hex]) => [name, snapshot.includes(mark(hex))])),
  ),
)
await Promise.all(sessions.map(session => session.close()))
