import { once } from 'node:events'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { certificate } from '@zookit/test-fixtures'
import { expect } from 'chai'
import { AdminServer, FourLetterWords } from '../src/index.ts'
import { failure } from './support/failure.ts'
import { trusting } from './support/kinds.ts'

/** Starts a server on a port of its own. */
async function listening<Of extends Server>(server: Of): Promise<AsyncDisposable & { at: string }> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    at: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

/** Answers the first bytes of a client, and ends. */
const answering = (bytes: string | Buffer) =>
  listening(
    createServer((socket: Socket) => socket.on('error', () => {}).once('data', () => socket.end(bytes))),
  )

/** An alert of TLS, as a server sends it to a client that speaks something else. */
const ALERT = Buffer.from('15030300020250', 'hex')

describe('A port of another kind', () => {
  const cases: [what: string, scheme: string, answer: string | Buffer, code: string, told: RegExp][] = [
    [
      'speaks no TLS',
      'https',
      'HTTP/1.1 400 Bad\r\n\r\n',
      'TLS_FAILED',
      /the port does not speak TLS: use http:/,
    ],
    ['speaks TLS', 'http', ALERT, 'TLS_FAILED', /the port speaks TLS: use https:/],
    [
      'speaks no HTTP',
      'http',
      'hello\r\n',
      'MALFORMED_ANSWER',
      /the answer is no HTTP: is it the port of AdminServer/,
    ],
    [
      'says nothing',
      'http',
      '',
      'CLOSED',
      /closed the connection: is it AdminServer, and does it expect https\?/,
    ],
    ['says nothing to TLS', 'https', '', 'CLOSED', /closed the connection: .* does it speak TLS there\?/],
  ]
  for (const [what, scheme, answer, code, told] of cases) {
    it(`is told in a sentence where it ${what}`, async () => {
      await using server = await answering(answer)
      const error = await failure(new AdminServer(`${scheme}://${server.at}`).ruok())
      expect(error).to.include({ code })
      expect(error.message)
        .to.match(told)
        .and.not.match(/\n|OpenSSL|SSL routines|Parse Error|\.c:/)
    })
  }

  it('is told in a sentence by four-letter words, too', async () => {
    await using server = await answering('HTTP/1.1 400 Bad\r\n\r\n')
    const error = await failure(new FourLetterWords(server.at, { tls: trusting }).srvr())
    expect(error).to.include({ code: 'TLS_FAILED' })
    expect(error.message).to.match(
      /\): the port does not speak TLS: use the port for TLS, or leave the tls option out$/,
    )
  })
})

describe('TLS that fails', () => {
  it('is told in a sentence, with the reason of OpenSSL', async () => {
    await using server = await listening(createHttps({ ...certificate('server'), minVersion: 'TLSv1.3' }))
    const tls = { ...trusting, maxVersion: 'TLSv1.2' } as const
    const error = await failure(new AdminServer(`https://${server.at}`, { tls }).ruok())
    expect(error).to.include({ code: 'TLS_FAILED' })
    expect(error.message).to.match(/\): tlsv1 alert protocol version: check tls\.ca, .* speaks TLS there$/)
  })

  it('is told as TLS_FAILED where a file is no certificate', async () => {
    const tls = { cert: 'x', key: 'x' }
    for (const asked of [
      new AdminServer('https://127.0.0.1:1', { tls }).ruok(),
      new FourLetterWords('127.0.0.1:1', { tls }).srvr(),
    ]) {
      const error = await failure(asked)
      expect(error).to.include({ code: 'TLS_FAILED' })
      expect(error.message).to.match(/the tls options cannot be used: check tls\.key, .* \([a-z ]+\)$/)
    }
  })
})
