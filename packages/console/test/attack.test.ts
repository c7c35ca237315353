import { connect, type ZooKeeper } from '@zookit/client'
import { Console } from '@zookit/console'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import type { ErrorView } from '../src/protocol.ts'
import { type Opened, openConsole } from './support/opened.ts'
import { pageFolder } from './support/page-folder.ts'

const HEADERS = { 'content-type': 'application/json', 'x-zookit-console': '1' }
const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('A console that gets requests of an attacker', () => {
  let server: TestServer
  let opened: Opened
  let readOnly: Opened
  let zk: ZooKeeper
  before(async () => {
    server = await TestServer.start({ seed: { app: 'v1' } })
    opened = await openConsole(server.hosts, { write: true })
    readOnly = await openConsole(server.hosts)
    zk = await connect(server.hosts)
  })
  after(async () => {
    await opened[Symbol.asyncDispose]()
    await readOnly[Symbol.asyncDispose]()
    await zk.close()
    await server.stop()
  })
  const send = (to: Opened, path: string, body: string): Promise<Response> =>
    to.fetch(path, { method: 'POST', headers: HEADERS, body })

  it('keeps a few hundred characters of a write in its log, whatever its fields are', async () => {
    const long = `/${'a'.repeat(10_000)}`
    for (const request of [
      { do: 'delete', path: long, version: 0 },
      { do: long, path: '/app' },
      { do: 'delete', path: '/app', version: long },
      { do: { long }, path: [long], version: { long } },
    ]) {
      for (const to of [opened, readOnly]) {
        const before = to.lines.length
        expect((await to.post('/api/write', request)).status).to.be.oneOf([400, 403, 404])
        expect(to.lines).to.have.length(before + 1)
        expect(to.lines.at(-1)!.length).to.be.below(1000)
      }
    }
  })

  it('takes no body above 64 KiB for a write that it refuses anyway, and logs that', async () => {
    const body = JSON.stringify({ do: 'delete', path: `/${'a'.repeat(70_000)}`, version: 0 })
    const answer = await send(readOnly, '/api/write', body)
    expect([answer.status, ((await answer.json()) as ErrorView).code]).to.deep.equal([413, 'TOO_LARGE'])
    expect(readOnly.lines.at(-1)).to.contain('at most 65536 bytes')
  })

  it('answers 413 to a body above the limit of every request', async () => {
    const body = Buffer.alloc(64 * 1024 * 1024 + 1, ' ').toString()
    for (const path of ['/api/rows', '/api/write'])
      expect((await send(opened, path, body)).status, path).to.equal(413)
  })

  it('takes no more than some MiB of paths, and leaves out what is none', async () => {
    const { body } = await opened.fetch('/api/stream')
    const reader = body!.getReader()
    const hello = new TextDecoder().decode((await reader.read()).value)
    const { page } = JSON.parse(hello.slice('data: '.length))
    const asked = { page, folders: ['/'], znode: null, traffic: false, ensemble: false }
    const odd = { ...asked, folders: ['none', '/', '/a//b'], znode: '/a/' }
    expect((await opened.post('/api/interest', odd)).status).to.equal(200)
    await zk.create('/interesting')
    let told = ''
    while (!told.includes('"/interesting"')) told += new TextDecoder().decode((await reader.read()).value)
    const long = `/${'a'.repeat(4 * 1024 * 1024)}`
    expect((await opened.post('/api/interest', { ...asked, znode: long })).status).to.equal(413)
    expect((await opened.post('/api/rows', { paths: [long] })).status).to.equal(413)
    await reader.cancel()
  })

  for (const [path, most] of [
    ['/api/interest', 128],
    ['/api/rows', 128],
    ['/api/write', 16],
  ] as const) {
    it(`answers ${most} requests to ${path} at a time, and takes the next when one has ended`, async () => {
      const ends: (() => void)[] = []
      const unfinished = (): Promise<Response> => {
        const body = new ReadableStream<Uint8Array>({
          start: controller => void ends.push(() => controller.close()),
        })
        return opened.fetch(path, { method: 'POST', headers: HEADERS, body, duplex: 'half' } as RequestInit)
      }
      const waiting = Array.from({ length: most }, unfinished)
      const refused = await opened.post(path, {})
      expect([refused.status, refused.body.code]).to.deep.equal([503, 'TOO_MANY_REQUESTS'])
      for (const end of ends) end()
      for (const answer of await Promise.all(waiting)) expect(answer.status).to.equal(400)
      expect((await opened.post(path, {})).status).to.equal(400)
    })
  }

  it('writes no field to its log that could forge a line or reach the terminal', async () => {
    for (const version of ['1: "deleted"\n2026 write "set" "/x"', '\u001b[2J', '\u009b2J', '\u202e\u2028']) {
      await opened.post('/api/write', { do: 'delete', path: '/app', version })
      expect(opened.lines.at(-1)).to.match(/^[\x20-\x7e]+$/)
      expect(opened.lines.at(-1)).to.contain(' version "')
    }
    await opened.post('/api/write', { do: 'delete', path: '/a\u009b\u007f', version: 0 })
    expect(opened.lines.at(-1)).to.match(/^[\x20-\x7e]+$/)
  })

  it('logs the writes that the guard refuses, counts them where there are many, and loses no other line to them', async () => {
    const strict = await openConsole(server.hosts, { write: true })
    const body = JSON.stringify({ do: 'set', path: '/app', data: '', version: -1 })
    const ask = (headers: Record<string, string>): Promise<Response> =>
      strict.fetch('/api/write', { method: 'POST', headers, body })
    await strict.post('/api/write', { do: 'delete', path: '/none', version: 0 })
    expect((await ask({ 'content-type': 'text/plain', origin: 'http://127.0.0.1:7181' })).status).to.equal(
      403,
    )
    expect(strict.lines.at(-1)).to.contain(
      '"http://127.0.0.1:7181": "refused: The header x-zookit-console is missing."',
    )
    for (const headers of [
      { ...HEADERS, origin: 'https://attacker.example\u009b2J' },
      { ...HEADERS, host: 'attacker.example' },
      { ...HEADERS, cookie: 'none' },
    ] as Record<string, string>[])
      for (let i = 0; i < 200; i++) expect((await ask(headers)).status).to.be.oneOf([401, 403, 421])
    expect(strict.lines).to.have.length(2)
    // What is no write is none of the log's.
    expect((await strict.fetch('/api/rows', { method: 'POST', body: '{}' })).status).to.equal(403)
    const { body: before } = await strict.get('/api/log')
    expect(before.lines).to.deep.equal(strict.lines)
    await strict[Symbol.asyncDispose]()
    expect(strict.lines).to.have.length(3)
    expect(strict.lines[2]).to.match(/^[\x20-\x7e]+ "refused: 600 more that the guard let not pass"$/)
  })

  it('opens no stream for HEAD, and lets a page go whose stream is cancelled', async () => {
    for (let i = 0; i < 70; i++) {
      const head = await opened.fetch('/api/stream', { method: 'HEAD', headers: HEADERS })
      expect(head.status).to.equal(200)
      const { status, body } = await opened.fetch('/api/stream')
      expect(status).to.equal(200)
      await body!.cancel()
    }
  })

  it('answers 400 to a body of another shape, and logs it where it is a write', async () => {
    for (const body of ['null', '5', '"x"', '[]', '{}', '', '{']) {
      for (const path of ['/api/interest', '/api/rows'])
        expect((await send(opened, path, body)).status, `${path} ${body}`).to.equal(400)
      const before = opened.lines.length
      const answer = await send(opened, '/api/write', body)
      expect([answer.status, ((await answer.json()) as ErrorView).code], body).to.deep.equal([
        400,
        'BAD_ARGUMENTS',
      ])
      expect(opened.lines).to.have.length(before + 1)
    }
    expect((await opened.post('/api/rows', { paths: [5] })).status).to.equal(400)
  })

  it('answers 400 to fields of another shape', async () => {
    const odd = { toString: 1 }
    for (const request of [
      { do: 'create', path: '/odd', data: '', mode: odd },
      { do: 'delete-tree', path: '/app', confirm: odd },
      { do: 'acl', path: '/app', acl: odd, version: 0 },
      { do: 'quota', path: '/app', limits: 5 },
      { do: 'quota', path: '/app' },
      { do: odd, path: '/app' },
    ])
      expect((await opened.post('/api/write', request)).status, JSON.stringify(request)).to.equal(400)
  })

  it('answers 404 to an export of what does not exist', async () => {
    expect(await opened.get('/api/export?path=/none')).to.have.nested.property('body.code', 'NO_NODE')
    expect((await opened.fetch('/api/export?path=/none')).status).to.equal(404)
    expect((await opened.fetch('/api/export?path=/app')).status).to.equal(200)
  })

  it('answers a link of another site with the page, and with nothing else', async () => {
    await using linked = await openConsole(server.hosts, { pageFolder: await pageFolder() })
    for (const site of ['cross-site', 'same-site']) {
      const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate' }
      for (const path of ['/api/export?path=/app', '/api/znode?path=/app', '/api/stream'])
        expect((await linked.fetch(path, { headers })).status, path).to.equal(403)
      expect((await linked.fetch('/', { headers })).status).to.equal(200)
    }
    const own = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' }
    expect((await linked.fetch('/api/export?path=/app', { headers: own })).status).to.equal(200)
  })

  it('answers at the address that it prints', async () => {
    await using console = new Console(zk)
    await using listening = await console.listen({ host: '127.0.0.2' })
    expect((await fetch(listening.url, { redirect: 'manual' })).status).to.equal(303)
  })

  it('writes no data that is no base64', async () => {
    for (const data of ['{"a":1}', '!!!', 'YQ', 'YQ==!', 'Y Q==']) {
      const set = { do: 'set', path: '/app', data, version: 0 }
      expect((await opened.post('/api/write', set)).body.code, data).to.equal('BAD_ARGUMENTS')
      const lines = JSON.stringify({ path: '/app', base64: data })
      const imported = { do: 'import', path: '/app', lines, confirm: 'app', overwrite: true }
      expect((await opened.post('/api/write', imported)).status, data).to.equal(400)
    }
    expect(String((await zk.getData('/app')).data)).to.equal('v1')
    const set = { do: 'set', path: '/app', data: base64('v2'), version: 0 }
    expect((await opened.post('/api/write', set)).status).to.equal(200)
  })
})
