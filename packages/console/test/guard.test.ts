import { connect, type ZooKeeper } from '@zookit/client'
import { Console } from '@zookit/console'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { openConsole } from './support/opened.ts'
import { pageFolder } from './support/page-folder.ts'

const HERE = 'http://127.0.0.1:7181'

describe('The guard of the console', () => {
  let server: TestServer
  let zk: ZooKeeper
  let console: Console
  let cookie: string
  before(async () => {
    server = await TestServer.start({ seed: { app: 'v1' } })
    zk = await connect(server.hosts)
    console = new Console(zk, { allowedHosts: ['console.example.com'], pageFolder: await pageFolder() })
    const entry = await ask(`/?token=${console.token}`)
    cookie = entry.headers.get('set-cookie')!.split(';')[0]!
  })
  after(async () => {
    await console.close()
    await zk.close()
    await server.stop()
  })
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
    console.fetch(
      new Request(HERE + path, { method, headers, ...(method === 'POST' && { body: '{"paths":["/app"]}' }) }),
    )

  it('exchanges the token of the address for a cookie that no script and no other site can use', async () => {
    const entry = await ask(`/?token=${console.token}`)
    expect(entry.status).to.equal(303)
    expect(entry.headers.get('location')).to.equal('./')
    expect(entry.headers.get('set-cookie'))
      .to.match(/HttpOnly/)
      .and.match(/SameSite=Strict/)
    expect(entry.headers.get('set-cookie')).to.not.contain(console.token)
  })

  it('lets nobody in without the token, and says what to open', async () => {
    for (const headers of [
      {},
      { cookie: 'zookit-console-7181=wrong' },
      { cookie: `zookit-console-7181=${console.token}` },
    ]) {
      const page = await ask('/', headers)
      expect(page.status).to.equal(401)
      expect(await page.text()).to.contain('Open the address')
      for (const path of ['/api/stream', '/api/znode?path=/app', '/api/log'])
        expect((await ask(path, headers)).status).to.equal(401)
    }
    expect((await ask('/?token=wrong')).status).to.equal(401)
    expect((await ask('/', { cookie })).status).to.equal(200)
    expect((await ask('/api/znode?path=/app', { cookie })).status).to.equal(200)
  })

  it('answers to no other Host, as DNS rebinding would send it', async () => {
    for (const host of [
      'attacker.example:7181',
      '127.0.0.1.attacker.example',
      'localhost.attacker.example:7181',
      '',
    ]) {
      expect((await ask('/api/znode?path=/app', { cookie, host })).status, host).to.equal(421)
      expect((await ask(`/?token=${console.token}`, { host })).status, host).to.equal(421)
    }
    const named = { host: 'console.example.com:7181', cookie }
    expect((await ask('/api/znode?path=/app', named)).status).to.equal(200)
    expect((await ask('/api/znode?path=/app', { cookie, host: 'LOCALHOST:7181' })).status).to.equal(200)
  })

  it('answers no request that another site has made the browser send, streams included', async () => {
    for (const headers of [
      { origin: 'https://attacker.example' },
      { origin: 'null' },
      { origin: 'http://127.0.0.1:9999' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' },
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' },
    ] as Record<string, string>[]) {
      for (const path of ['/api/stream', '/api/znode?path=/app', '/'])
        expect((await ask(path, { cookie, ...headers })).status, JSON.stringify(headers)).to.equal(403)
    }
    expect(
      (await ask('/api/znode?path=/app', { cookie, origin: HERE, 'sec-fetch-site': 'same-origin' })).status,
    ).to.equal(200)
  })

  it('compares the whole Origin: its scheme too, and no name of a user in front of the host', async () => {
    const proxied = { cookie: cookie.replace('7181', 'default'), host: 'console.example.com' }
    const secure = { ...proxied, 'x-forwarded-proto': 'https' }
    for (const [headers, status] of [
      [{ cookie, origin: 'https://127.0.0.1:7181' }, 403],
      [{ cookie, origin: 'ftp://127.0.0.1:7181' }, 403],
      [{ cookie, origin: 'http://somebody@127.0.0.1:7181' }, 403],
      [{ cookie, origin: 'http://127.0.0.1:7181/path' }, 403],
      [{ cookie, origin: '127.0.0.1:7181' }, 403],
      [{ cookie, origin: HERE }, 200],
      [{ ...proxied, origin: 'https://console.example.com' }, 403],
      [{ ...proxied, origin: 'http://console.example.com' }, 200],
      [{ ...secure, origin: 'http://console.example.com' }, 403],
      [{ ...secure, origin: 'https://console.example.com' }, 200],
    ] as [Record<string, string>, number][])
      expect((await ask('/api/znode?path=/app', headers)).status, JSON.stringify(headers)).to.equal(status)
    const entry = await ask(`/?token=${console.token}`, secure)
    expect(entry.headers.get('set-cookie')).to.contain('Secure')
  })

  it('takes no request that a form of another site could send: the header of the page is missing', async () => {
    expect((await ask('/api/rows', { cookie, 'content-type': 'text/plain' }, 'POST')).status).to.equal(403)
    expect((await ask('/api/rows', { cookie, 'x-zookit-console': '1' }, 'POST')).status).to.equal(200)
  })

  it('lets the browser run nothing but its own script, and frame the page nowhere', async () => {
    const policy = (await ask('/', { cookie })).headers.get('content-security-policy')!
    for (const rule of [
      "default-src 'none'",
      "script-src 'self'",
      "require-trusted-types-for 'script'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'none'",
    ])
      expect(policy).to.contain(rule)
    expect(policy).to.not.contain('unsafe')
    const { headers } = await ask('/page.js', { cookie })
    expect(headers.get('x-content-type-options')).to.equal('nosniff')
    expect(headers.get('referrer-policy')).to.equal('no-referrer')
  })

  it('gives out no file but those of the page', async () => {
    for (const path of [
      '/package.json',
      '/..%2f..%2fpackage.json',
      '/%2e%2e/package.json',
      '/etc/passwd',
      '/toString',
    ])
      expect((await ask(path, { cookie })).status, path).to.equal(404)
  })

  it('listens elsewhere only with TLS, or where clear text is allowed', async () => {
    const error = await console.listen({ host: '0.0.0.0' }).catch((caught: Error) => caught)
    expect(error).to.have.property('code', 'BAD_ARGUMENTS')
    await using open = await console.listen({ host: '0.0.0.0', insecure: true })
    expect(open.url).to.contain(`token=${console.token}`)
  })

  it('sends nothing of what the client authenticates with', async () => {
    const auth = [{ scheme: 'digest', auth: 'alice:wonderland' }]
    await using opened = await openConsole(server.hosts, {}, { auth })
    await opened.zk.create('/mine', 'x', { acl: [{ perms: 31, id: { scheme: 'auth', id: '' } }] })
    const stream = await opened.stream()
    await stream.show({ znode: '/mine' })
    const answers = await Promise.all(
      ['/api/znode?path=/mine', '/api/log', '/api/ensemble', '/api/recipes?path=/'].map(async path =>
        (await opened.fetch(path)).text(),
      ),
    )
    const all = answers.join() + JSON.stringify(stream.messages)
    expect(all).to.contain('alice')
    const { acl } = await opened.zk.getAcl('/mine')
    const digest = acl[0]!.id.id.split(':')[1]!
    for (const secret of [
      'wonderland',
      digest,
      opened.zk.session.password.toString('base64'),
      opened.zk.session.password.toString('hex'),
    ])
      expect(all).to.not.contain(secret)
    await stream.close()
  })

  it('refuses invalid options, also from plain JavaScript', () => {
    for (const options of [
      { token: 'short' },
      { write: 'yes' },
      { writes: true },
      { allowedHosts: 'a' },
      { hosts: 'host:port' },
      { schemas: 'none' },
      { schemas: { 'config/app.json': { '~standard': { validate: () => ({}) } } } },
      { schemas: { '/config/app.json': { type: 'object' } } },
    ])
      expect(() => new Console(zk, options as never), JSON.stringify(options))
        .to.throw()
        .with.property('code', 'BAD_ARGUMENTS')
    expect(() => new Console({} as never))
      .to.throw()
      .with.property('code', 'BAD_ARGUMENTS')
  })
})
