import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { sourceFlags } from '../../../.ci/source/built.ts'

const NODE = await sourceFlags()
const TIME_LIMIT = 30_000

describe('The example of a health check', function () {
  this.timeout(2 * TIME_LIMIT)
  const url = new URL('../examples/healthz.ts', import.meta.url)

  it('is on its page word by word', () => {
    const page = readFileSync(new URL('../../../docs/client.md', import.meta.url), 'utf8')
    const source = readFileSync(url, 'utf8')
    expect(page).to.include(`<!-- packages/client/examples/healthz.ts -->\n\`\`\`ts\n${source}\`\`\`\n`)
  })

  it('tells when ZooKeeper is there and when it is not, and SIGTERM ends the session in good order', async () => {
    await using server = await TestServer.start()
    const child = spawn(process.execPath, [...NODE, fileURLToPath(url), server.hosts], {
      timeout: TIME_LIMIT,
    })
    let errors = ''
    child.stderr.on('data', chunk => (errors += chunk))
    const [printed] = await once(child.stdout, 'data')
    const ask = (path: string): Promise<Response> => fetch(new URL(path, String(printed).trim()))
    const well = await ask('/healthz')
    expect(well.status).to.equal(200)
    expect(await well.json()).to.deep.include({ state: 'connected', server: server.hosts, certain: true })
    expect(server.sessions()).to.have.lengthOf(1)

    await server.stop()
    let ill = await ask('/healthz')
    while (ill.status === 200) ill = await ask('/healthz')
    expect(ill.status).to.equal(503)
    expect(await ill.json()).to.include({ certain: false, server: null })
    expect((await ask('/livez')).status).to.equal(200)

    await server.restart()
    while ((await ask('/healthz')).status !== 200) await new Promise(resolve => setTimeout(resolve, 20))
    child.kill('SIGTERM')
    const [code, signal] = await once(child, 'close')
    expect({ code, signal, errors }).to.deep.equal({ code: 0, signal: null, errors: '' })
    expect(server.sessions()).to.deep.equal([])
  })
})

describe('The example of a typed znode', function () {
  this.timeout(2 * TIME_LIMIT)
  const url = new URL('../examples/typed.ts', import.meta.url)

  it('is on its page word by word, and ends by itself with the error that it shows', async () => {
    const page = readFileSync(new URL('../../../docs/client.md', import.meta.url), 'utf8')
    expect(page).to.include(
      `<!-- packages/client/examples/typed.ts -->\n\`\`\`ts\n${readFileSync(url, 'utf8')}\`\`\`\n`,
    )
    await using server = await TestServer.start()
    const child = spawn(process.execPath, [...NODE, fileURLToPath(url), server.hosts], {
      timeout: TIME_LIMIT,
    })
    let printed = ''
    child.stdout.on('data', chunk => (printed += chunk))
    child.stderr.on('data', chunk => (printed += chunk))
    const [code] = await once(child, 'close')
    expect({ code, printed }).to.have.property('code', 0)
    expect(printed).to.include('INVALID_DATA (/config)').and.to.include("path: [ 'port' ]")
  })
})
