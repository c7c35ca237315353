import { execFile } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { authorityPem, certificate } from '@zookit/test-fixtures'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'

const PROGRAM = fileURLToPath(new URL('../support/kept-secrets.ts', import.meta.url))
const PASSPHRASE = 'sesame-of-the-heap'

/** Returns the key of the client's certificate, encrypted. */
function encryptedKey(): string {
  const { key } = certificate('client')
  const how = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE } as const
  return createPrivateKey(key).export(how).toString()
}

describe('A heap snapshot of a connected client', function () {
  this.timeout(60_000)

  it('A8 shows no secret that a function has returned, and shows one that an option has as text', async () => {
    const [password, kept] = ['password-of-the-heap', 'kept-in-the-heap']
    await using plain = await TestServer.start({ sasl: { joe: password, kept } })
    await using secure = await TestServer.start({
      tls: { ...certificate('server'), ca: authorityPem(), requestCert: true, rejectUnauthorized: true },
    })
    const directory = mkdtempSync(join(tmpdir(), 'zookit-'))
    try {
      const { cert } = certificate('client')
      const digest = 'joe:digest-of-the-heap'
      const secrets = [digest, password, PASSPHRASE, encryptedKey(), cert, authorityPem(), kept]
      const args = [plain.port, secure.port, join(directory, 'heap')].map(String)
      const hexadecimal = secrets.map(secret => Buffer.from(secret).toString('hex'))
      const { stdout } = await promisify(execFile)(process.execPath, [
        '--import=tsx',
        '--conditions=@zookit/source',
        PROGRAM,
        ...args,
        ...hexadecimal,
      ])
      expect(JSON.parse(stdout)).to.deep.equal({
        digest: false,
        sasl: false,
        passphrase: false,
        key: false,
        kept: true,
      })
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})
