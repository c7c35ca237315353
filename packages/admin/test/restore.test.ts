import { Readable } from 'node:stream'
import { expect } from 'chai'
import { AdminServer } from '../src/index.ts'
import { failure } from './support/failure.ts'
import { breakingOff, DISK, web } from './support/web.ts'

describe('A stream that AdminServer is to restore', () => {
  const sources: [string, () => Readable, unknown][] = [
    ['fails at once', () => Readable.from(breakingOff()), DISK],
    ['fails in its middle', () => Readable.from(breakingOff(Buffer.alloc(200_000))), DISK],
    ['has failed before', () => new Readable({ read() {} }).on('error', () => {}).destroy(DISK), DISK],
    ['is destroyed', () => new Readable({ read() {} }).destroy(), 'ERR_STREAM_PREMATURE_CLOSE'],
    ['gives no bytes', () => Readable.from([1]), 'of the type number'],
  ]
  for (const [what, make, cause] of sources) {
    it(`is told as the caller’s where it ${what}`, async () => {
      await using server = await web(request => request.resume())
      const error = await failure(new AdminServer(server.url).restore(make()))
      expect(error).to.include({ code: 'SOURCE_FAILED', command: 'restore', retryable: false })
      expect(error.message).to.include('the stream that was to be sent failed')
      if (cause === DISK) expect(error.cause).to.equal(DISK)
      else expect(`${(error.cause as NodeJS.ErrnoException).code} ${error.message}`).to.include(cause)
    })
  }

  it('is told as the one that is late, or that the caller gave up', async () => {
    await using server = await web(request => request.resume())
    const silent = () => new Readable({ read() {} })
    const late = await failure(new AdminServer(server.url, { timeout: 100 }).restore(silent()))
    expect(late).to.include({ code: 'TIMEOUT' })
    expect(late.message).to.include('the stream that was to be sent gave nothing')
    const signal = AbortSignal.timeout(20)
    const source = silent()
    signal.addEventListener('abort', () => source.destroy(DISK))
    const aborted = await failure(new AdminServer(server.url, { signal }).restore(source))
    expect(aborted).to.include({ code: 'ABORTED' })
  })

  it('is destroyed where the server is not reached, which is told', async () => {
    const gone = await web(() => {})
    await gone[Symbol.asyncDispose]()
    const source = new Readable({ read() {} })
    expect(await failure(new AdminServer(gone.url).restore(source))).to.include({ code: 'CONNECT_FAILED' })
    expect(source.destroyed).to.equal(true)
  })
})
