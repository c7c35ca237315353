import { spawn } from 'node:child_process'
import { type AddressInfo, Server } from 'node:net'
import { fileURLToPath } from 'node:url'
import { TestEnsemble, TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { sourceFlags } from '../../../.ci/source/built.ts'
import { start } from './support/program.ts'

/** Runs before a program: it prints where the program's servers listen. */
const WITNESS = `data:text/javascript,${encodeURIComponent(`
  import { Server } from 'node:net'
  const { listen } = Server.prototype
  Server.prototype.listen = function (...args) {
    this.once('listening', () => process.stderr.write('listens: ' + this.address().address + '\\n'))
    return listen.apply(this, args)
  }
`)}`
const BIN = fileURLToPath(new URL('../../testing/src/bin.ts', import.meta.url))

/** The addresses where servers of this process listen that are started by `work`. */
async function listening(work: () => Promise<unknown>): Promise<string[]> {
  const { listen } = Server.prototype
  const addresses: string[] = []
  Server.prototype.listen = function (this: Server, ...args: never[]): Server {
    this.once('listening', () => addresses.push((this.address() as AddressInfo).address))
    return (listen as (...args: never[]) => Server).apply(this, args)
  } as typeof listen
  try {
    await work()
  } finally {
    Server.prototype.listen = listen
  }
  return addresses
}

/** Runs the program until it has printed a line. */
async function run(words: readonly string[]): Promise<void> {
  const program = start(words)
  await program.seen('\n')
  program.signal('SIGINT')
  await program.result
}

describe('Whatever listens by itself', function () {
  this.timeout(30_000)

  const programs: Record<string, () => Promise<unknown>> = {
    TestServer: async () => (await TestServer.start()).stop(),
    TestEnsemble: async () => (await TestEnsemble.start()).stop(),
    'zookit serve': () => run(['serve', '--port', '0']),
    'zookit console': () => run(['console', '--demo', '--port', '0', '--json']),
    'zookit sniff': () => run(['sniff', '--listen', '0', '--to', '127.0.0.1:1']),
  }
  for (const [name, work] of Object.entries(programs)) {
    it(`is reached from this machine only: ${name}`, async () => {
      const addresses = await listening(work)
      expect(addresses).not.to.deep.equal([])
      expect(addresses.filter(address => address !== '127.0.0.1')).to.deep.equal([])
    })
  }

  it('is reached from this machine only: zookit-testing', async () => {
    const flags = [...(await sourceFlags()), `--import=${WITNESS}`]
    const child = spawn(process.execPath, [...flags, BIN, '--port', '0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let told = ''
    for await (const chunk of child.stderr) {
      told += chunk
      if (told.includes('\n')) child.kill('SIGINT')
    }
    expect(told).to.equal('listens: 127.0.0.1\n')
  })

  it('is reached from elsewhere where it is told to', async () => {
    const addresses = await listening(async () => (await TestServer.start({ host: '0.0.0.0' })).stop())
    expect(addresses).to.deep.equal(['0.0.0.0'])
  })
})
