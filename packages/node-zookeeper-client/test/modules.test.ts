import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { transform } from 'esbuild'
import { Installed } from './support/installed.ts'

/** The rest of a program that has `zookeeper`, the module. */
const PROGRAM = `
const client = zookeeper.createClient(process.argv[2])
client.once('connected', () => {
  client.create('/a', Buffer.from('x'), zookeeper.CreateMode.EPHEMERAL, (error, path) => {
    client.create('/a', error => {
      console.log(path, error instanceof zookeeper.Exception, error.getCode() === zookeeper.Exception.NODE_EXISTS)
      client.close()
    })
  })
})
client.connect()
`

const PRINTED = '/a true true\n'

describe('the package, installed as node-zookeeper-client', function () {
  this.timeout(60_000)
  let installed: Installed
  let server: TestServer
  before(async () => {
    installed = await Installed.build()
    server = await TestServer.start()
  })
  after(async () => {
    await server?.stop()
    await installed?.[Symbol.asyncDispose]()
  })

  const run = (name: string, program: string): Promise<string> => installed.run(name, program, server.hosts)

  it('is what require returns', async () => {
    const program = `const zookeeper = require('node-zookeeper-client')${PROGRAM}`
    expect(await run('require.cjs', program)).to.equal(PRINTED)
  })

  it('is the default export', async () => {
    expect(await run('default.mjs', `import zookeeper from 'node-zookeeper-client'${PROGRAM}`)).to.equal(
      PRINTED,
    )
  })

  it('is the namespace of its named exports', async () => {
    const program = `import * as zookeeper from 'node-zookeeper-client'${PROGRAM}`
    expect(await run('named.mjs', program)).to.equal(PRINTED)
  })

  for (const imported of ['zookeeper', '* as zookeeper']) {
    it(`is what TypeScript compiled to CommonJS imports by 'import ${imported} from'`, async () => {
      const source = `import ${imported} from 'node-zookeeper-client'${PROGRAM}`
      const { code } = await transform(source, { loader: 'ts', format: 'cjs' })
      expect(code).to.include('require("node-zookeeper-client")')
      expect(await run(`typescript-${imported.length}.cjs`, code)).to.equal(PRINTED)
    })
  }

  it('has the modules that programs load by their path, the same ones', async () => {
    const program = `
      const all = require('node-zookeeper-client')
      for (const name of ['ACL', 'CreateMode', 'Event', 'Exception', 'Id', 'Permission', 'State']) {
        for (const path of [name, name + '.js']) {
          if (require('node-zookeeper-client/lib/' + path) !== all[name]) throw new Error(path)
        }
      }
      require('node-zookeeper-client/lib/Path').validate('/a')
      console.log('same')`
    expect(await run('paths.cjs', program)).to.equal('same\n')
  })

  it('lets a test replace an export', async () => {
    const program = `
      const all = require('node-zookeeper-client')
      all.createClient = () => 'a stub'
      console.log(require('node-zookeeper-client').createClient())`
    expect(await run('stub.cjs', program)).to.equal('a stub\n')
  })
})
