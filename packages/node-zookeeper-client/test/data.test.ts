import { once } from 'node:events'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { type Client, createClient } from '../src/index.ts'

describe('Data that its caller changes right after the call', () => {
  let server: TestServer
  beforeEach(async () => {
    server = await TestServer.start()
  })
  afterEach(() => server.stop())

  /** Calls a method with data that is overwritten at once. */
  const withData = (
    text: string,
    call: (data: Buffer, done: (error: unknown) => void) => void,
  ): Promise<void> =>
    new Promise((resolve, reject) => {
      const data = Buffer.from(text)
      call(data, error => (error ? reject(error as Error) : resolve()))
      data.fill('x')
    })

  async function write(client: Client): Promise<void> {
    await Promise.all([
      withData('create', (data, done) => client.create('/a', data, done)),
      withData('setData', (data, done) => client.setData('/a', data, done)),
      withData('mkdirp', (data, done) => client.mkdirp('/b/c', data, done)),
    ])
    expect(server.dump()).to.deep.equal({ '/a': 'setData', '/b': 'mkdirp', '/b/c': 'mkdirp' })
    client.close()
    await once(client, 'disconnected')
  }

  for (const retries of [0, 2]) {
    it(`is written as it was, while connected: ${retries} retries`, async () => {
      const client = createClient(server.hosts, { retries })
      client.connect()
      await once(client, 'connected')
      await write(client)
    })

    it(`is written as it was, where the call waits for connect: ${retries} retries`, async () => {
      const client = createClient(server.hosts, { retries })
      const writing = write(client)
      client.connect()
      await writing
    })
  }
})
