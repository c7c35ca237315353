import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@zookit/client'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { type Running, start, zookit } from './support/program.ts'

/** Facts that the command prints. */
interface Facts {
  readonly url: string
  readonly hosts: string
  readonly demo: boolean
  readonly sniff: string | null
}

interface Recipe {
  readonly kind: string
  readonly layout: string
  readonly path: string
  readonly facts: readonly { readonly value: string }[]
}

interface Sample {
  readonly servers: readonly {
    certificate: { daysLeft: number } | null
    latency: number | null
    uptime: number | null
  }[]
}

function factsOf(recipes: readonly Recipe[], path: string): string[] {
  return recipes.find(each => each.path === path)!.facts.map(({ value }) => value)
}

describe('zookit console', function () {
  this.timeout(30_000)
  const runs: Running[] = []
  // One of a test that has failed would go on, and so would whatever asks it again and again: mocha would not end.
  afterEach(async () => {
    for (const run of runs.splice(0)) {
      run.signal('SIGINT')
      await run.result
    }
  })

  async function running(
    words: readonly string[],
    env: Record<string, string> = {},
  ): Promise<{ run: Running; facts: Facts }> {
    const run = start([...words, '--json', '--port', '0'], env)
    runs.push(run)
    await run.seen('\n')
    return { run, facts: JSON.parse(run.out().split('\n')[0]!) }
  }
  const end = async (run: Running): Promise<void> => {
    run.signal('SIGINT')
    expect((await run.result).code).to.equal(0)
  }
  /** Signs in. @returns a function that asks the console. */
  async function visitor({ url }: Facts): Promise<(path: string) => Promise<Response>> {
    const entry = await fetch(url, { redirect: 'manual' })
    expect(entry.status).to.equal(303)
    const cookie = entry.headers.get('set-cookie')!.split(';')[0]!
    return path => fetch(new URL(path, url), { headers: { cookie } })
  }

  it('shows the ensemble that is named, to whoever has the address, until Ctrl-C', async () => {
    await using server = await TestServer.start({ seed: { app: 'v1' } })
    const { run, facts } = await running(['--hosts', server.hosts, 'console'])
    expect(facts).to.include({ hosts: server.hosts, demo: false, sniff: null })
    const get = await visitor(facts)
    expect(await (await get('/api/znode?path=/app')).json()).to.have.property(
      'data',
      Buffer.from('v1').toString('base64'),
    )
    expect((await fetch(new URL('/api/znode?path=/app', facts.url))).status).to.equal(401)
    await end(run)
    expect(server.sessions()).to.deep.equal([])
  })

  it('shows a made-up ensemble with living recipes, and the traffic of its clients: --demo', async () => {
    const { run, facts } = await running(['console', '--demo'])
    expect(facts.demo).to.equal(true)
    const get = await visitor(facts)
    const wanted = [
      'lock',
      'election',
      'queue',
      'service',
      'read-write lock',
      'semaphore',
      'partitioner',
      'group',
      'lease',
      'config',
      'discovery',
      'barrier',
      'double barrier',
    ]
    let recipes: readonly Recipe[] = []
    // Some come and go.
    const seen = new Set<string>()
    while (!wanted.every(kind => seen.has(kind))) {
      recipes = ((await (await get('/api/recipes?path=/')).json()) as { recipes: readonly Recipe[] }).recipes
      for (const { kind } of recipes) seen.add(kind)
    }
    expect(recipes.map(({ layout }) => layout)).to.include.members(['zookit', 'Curator', 'kazoo'])
    const modeOf = async (path: string): Promise<unknown> =>
      ((await (await get(`/api/znode?path=${path}`)).json()) as { mode: unknown }).mode
    expect(await modeOf('/cache')).to.equal('container')
    expect(await modeOf('/cache/page-0000000000')).to.equal('ttl')
    expect(factsOf(recipes, '/config/app.json')).to.deep.equal(['valid', 'fits'])
    expect(factsOf(recipes, '/config/limits.json')).to.deep.equal([
      'valid',
      'requestsPerSecond: must be a whole number above 0',
      'burst: must be a whole number above 0',
    ])
    // The servers are looked at while a page is open.
    const stream = await get('/api/stream')
    let samples: readonly Sample[] = []
    while (samples.length === 0)
      samples = ((await (await get('/api/ensemble')).json()) as { samples: readonly Sample[] }).samples
    await stream.body!.cancel()
    for (const { certificate, latency, uptime } of samples[0]!.servers) {
      expect(certificate?.daysLeft).to.be.within(88, 90)
      expect(latency).to.be.a('number')
      expect(uptime).to.be.a('number')
    }
    const { frames } = (await (await get('/api/traffic')).json()) as {
      frames: { operation: string | null; took: number | null }[]
    }
    expect(frames.some(({ operation, took }) => operation === 'create2' && took !== null)).to.equal(true)
    await end(run)
  })

  it('takes the made-up ensemble where none is named and none runs here', async () => {
    const { run, facts } = await running(['console'], {})
    // A machine may have a ZooKeeper at the default port: then that one is shown.
    expect(facts.demo).to.equal(facts.hosts !== '127.0.0.1:2181')
    await end(run)
  })

  it('shows the frames of clients that connect to its proxy, without credentials: --sniff', async () => {
    await using server = await TestServer.start({ seed: { app: 'v1' } })
    const { run, facts } = await running(['--hosts', server.hosts, 'console', '--sniff', '0'])
    const get = await visitor(facts)
    const zk = await connect(facts.sniff!)
    await zk.addAuth('digest', 'alice:wonderland')
    await zk.create('/cache', null, { mode: 'container' })
    await zk.create('/cache/page-', null, { mode: 'ttl-sequential', ttl: 60_000 })
    // What is refused changes nothing.
    await zk.create('/app', null, { mode: 'container' }).catch(() => {})
    await zk.create('/cache').catch(() => {})
    await zk.delete('/cache').catch(() => {})
    await zk.create('/gone', null, { mode: 'container' })
    await zk.delete('/gone')
    await zk.transaction().setData('/app', 'v2').commit()
    await zk
      .transaction()
      .check('/app', 7)
      .commit()
      .catch(() => {})
    await zk.close()
    const text = await (await get('/api/traffic')).text()
    const frames: { kind: string; operation: string; error: string | null }[] = JSON.parse(text).frames
    const multis = frames.filter(({ kind, operation }) => kind === 'reply' && operation === 'multi')
    expect(multis.map(({ error }) => error)).to.deep.equal([null, 'BAD_VERSION'])
    expect(text).to.contain('createContainer').and.not.contain('wonderland')
    const modes: Record<string, string | null> = {
      '/cache': 'container',
      '/cache/page-0000000000': 'ttl',
      '/app': null,
      '/gone': null,
    }
    await using other = await connect(server.hosts)
    await other.create('/gone')
    for (const [path, mode] of Object.entries(modes))
      expect(await (await get(`/api/znode?path=${path}`)).json(), path).to.have.property('mode', mode)
    await end(run)
  })

  it('prints each write on standard error: --write', async () => {
    await using server = await TestServer.start({ seed: { app: 'v1' } })
    const { run, facts } = await running(['--hosts', server.hosts, 'console', '--write'])
    const entry = await fetch(facts.url, { redirect: 'manual' })
    const headers = { cookie: entry.headers.get('set-cookie')!.split(';')[0]!, 'x-zookit-console': '1' }
    const body = JSON.stringify({ do: 'delete', path: '/app', version: 0 })
    expect(
      (await fetch(new URL('/api/write', facts.url), { method: 'POST', headers, body })).status,
    ).to.equal(200)
    run.signal('SIGINT')
    const notes = (await run.result).err.trim().split('\n')
    expect(notes.map(line => (JSON.parse(line) as { note: string }).note).join('\n')).to.match(
      / write "delete" "\/app" version 0: "deleted"$/m,
    )
  })

  it('says where configuration does not fit the schemas of a module: --schemas', async () => {
    await using server = await TestServer.start({ seed: { app: '{"replicas": "three"}', bad: '{}' } })
    const folder = await mkdtemp(join(tmpdir(), 'zookit-schemas-'))
    const write = async (text: string): Promise<string> => {
      const file = join(folder, `${Math.random()}.mjs`)
      await writeFile(file, text)
      return file
    }
    const issues = "[{ path: ['replicas'], message: 'must be a number' }]"
    const schema = `{ '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: ${issues} }) } }`
    const good = await write(`export default { '/app': ${schema} }`)
    const at = ['--hosts', server.hosts, 'console', '--schemas']
    const { run, facts } = await running([...at, good])
    const get = await visitor(facts)
    const recipe = (await (await get('/api/recipe?path=/app')).json()) as Recipe
    expect(factsOf([recipe], '/app')).to.deep.equal(['valid', 'replicas: must be a number'])
    await end(run)
    for (const [text, fault] of [
      ['export const schemas = {}', /has no default export/],
      ['export default {', /cannot be loaded/],
      [
        "export default { app: { '~standard': { validate() {} } } }",
        /paths as its names: .app. is none\n.*A module/s,
      ],
      [
        "export default { '/app': { type: 'object' } }",
        /^zookit console: --schemas .*no validator for \/app/,
      ],
    ] as const) {
      const { code, err } = await zookit([...at, await write(text), '--port', '0'])
      expect(err).to.match(fault)
      expect(code, text).to.equal(2)
    }
    expect((await zookit([...at, join(folder, 'none.mjs')])).err).to.match(/cannot be loaded/)
    await rm(folder, { recursive: true })
  })

  it('takes a token from the environment, and refuses one that can be guessed', async () => {
    await using server = await TestServer.start()
    const words = ['--hosts', server.hosts, 'console', '--token-env', 'TOKEN']
    const { run, facts } = await running(words, { TOKEN: 'a-token-of-ones-own' })
    expect(facts.url).to.match(/\?token=a-token-of-ones-own$/)
    await end(run)
    for (const env of [{}, { TOKEN: 'short' }] as Record<string, string>[]) {
      const { code, err } = await zookit(words, { env })
      expect([code, err.split('\n')[0]]).to.satisfy(
        ([a, b]: [number, string]) => a === 2 && b.includes('TOKEN'),
      )
      expect(err).to.not.contain('short')
    }
  })

  it('listens elsewhere only if that is meant, and says what to do where it cannot listen', async () => {
    await using server = await TestServer.start()
    const at = ['--hosts', server.hosts, 'console']
    const open = await zookit([...at, '--host', '0.0.0.0', '--port', '0'])
    expect([open.code, open.err]).to.deep.equal([
      2,
      'zookit console: --host 0.0.0.0: others could read the token and all data on the way\n  Give --serve-cert and --serve-key, or --insecure if that is meant.\n',
    ])
    const taken = await zookit([...at, '--port', String(server.port)])
    expect(taken.code).to.equal(3)
    expect(taken.err).to.match(/EADDRINUSE.*\n {2}Take another port/)
    expect((await zookit([...at, '--serve-cert', 'x.pem'])).code).to.equal(2)
  })
})
