import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { expect } from 'chai'
import { Session, type ZooKeeperError } from '../src/index.ts'

/** Listens on a free port of loopback, and returns how the first attempt of a session fails there. */
async function failureAt(server: Server): Promise<ZooKeeperError> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const session = new Session({ servers: [{ host: '127.0.0.1', port }] })
  const failure = await new Promise<ZooKeeperError>(resolve => session.on('attemptFailed', resolve))
  await session.close()
  server.close()
  return failure
}

describe('A server of another protocol', () => {
  const cases: [name: string, server: () => Server, text: RegExp][] = [
    [
      'HTTP',
      () => createHttpServer(),
      /it is an HTTP server, which says "HTTP\/1.1 400 Bad Request".*its length is the text "HTTP"/,
    ],
    [
      'SSH',
      () => createServer(socket => socket.resume().end('SSH-2.0-OpenSSH_9.6\r\n')),
      /it is an SSH server, which says "SSH-2.0-OpenSSH_9.6".*its length is the text "SSH-"/,
    ],
  ]
  for (const [name, server, text] of cases) {
    it(`H9 such as ${name} is recognised by its answer`, async () => {
      const failure = await failureAt(server())
      expect(failure).to.include({ code: 'HANDSHAKE_REFUSED', outcome: 'not-sent' })
      expect(failure.message)
        .to.match(/answered the handshake, but not as a ZooKeeper server does/)
        .and.match(text)
    })
  }

  it('H9 is given up, however long a frame below the limit of replies it begins', async () => {
    const frame = Buffer.alloc(8)
    frame.writeInt32BE(100_000)
    const failure = await failureAt(createServer(socket => void socket.write(frame)))
    expect(failure.message).to.match(/a frame of 100000 bytes is over the limit of 1024/)
  })

  it('H9 whose bytes are not text is reported with their length alone', async () => {
    const server = createServer(socket => socket.end(Buffer.from([0x7f, 1, 2, 3, 4])))
    expect((await failureAt(server)).message).to.match(
      /a frame of 2130772483 bytes is over the limit of \d+ \(/,
    )
  })
})
