import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { op } from '@zookit/jute'
import { expect } from 'chai'
import { sourceFlags } from '../../../.ci/source/built.ts'
import { createError } from './support/helpers.ts'
import { exchange, RawClient } from './support/raw-client.ts'

const PROGRAM = fileURLToPath(new URL('../src/bin.ts', import.meta.url))
const FLAGS = await sourceFlags()

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [...FLAGS, PROGRAM, ...args])
}

/** Runs the program to its end. @returns its output and its exit code. */
async function result(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const program = start(...args)
  let [out, err] = ['', '']
  program.stdout!.on('data', chunk => (out += chunk))
  program.stderr!.on('data', chunk => (err += chunk))
  const [code] = await once(program, 'close')
  return { code, out, err }
}

/** Runs the program, calls `use` with the address of each member, and ends it. @returns its exit code. */
async function runWith(use: (hosts: string[]) => Promise<void>, ...args: string[]): Promise<number> {
  const program = start('--quiet', ...args)
  try {
    let out = ''
    for await (const chunk of program.stdout!) {
      out += chunk
      const match = /ZooKeeper \S+ on (\S+), in memory/.exec(out)
      if (match === null) continue
      await use(match[1]!.split(','))
      break
    }
    program.kill('SIGTERM')
    return (await once(program, 'close'))[0]
  } finally {
    program.kill('SIGKILL')
  }
}

async function roleAt(address: string): Promise<string> {
  const [host, port] = address.split(':') as [string, string]
  const answer = await exchange({ host, port: Number(port) }, 'srvr')
  return /^Mode: (.*)$/m.exec(answer.toString())![1]!
}

describe('The program zookit-testing', function () {
  this.timeout(60_000)

  it('serves on loopback, prints a log, and ends on SIGTERM', async () => {
    const program = start('--port', '0', '--release', '3.8')
    try {
      let out = ''
      let wake = (): void => {}
      program.stdout!.on('data', chunk => {
        out += chunk
        wake()
      })
      const seen = async (pattern: RegExp): Promise<RegExpExecArray> => {
        for (;;) {
          const match = pattern.exec(out)
          if (match !== null) return match
          await new Promise<void>(resolve => (wake = resolve))
        }
      }
      const [line, port] = await seen(/ZooKeeper 3\.8 on 127\.0\.0\.1:(\d+).*\n/)
      expect(line).to.include('nothing is kept on disk')
      using client = await RawClient.open({ host: '127.0.0.1', port: Number(port) })
      expect(await createError(client, '/a', { data: 'secret' })).to.equal(0)
      expect(await createError(client, '/a')).to.equal(-110)
      await client.ask(op.closeSession, null)
      await seen(/#1 closed\n/)
      expect(out).to.match(/\d\d:\d\d:\d\d\.\d{3} #1 connected from 127\.0\.0\.1:\d+\n/)
      expect(out).to.match(/ #1 session 0x[0-9a-f]+ with a timeout of 10000 ms\n/)
      expect(out).to.include(' #1 create /a: ok\n').and.to.include(' #1 create /a: NODE_EXISTS\n')
      expect(out).to.match(/ session 0x[0-9a-f]+ has ended; 0 ephemerals deleted\n/)
      expect(out).to.not.include('secret')
      program.kill('SIGTERM')
      expect((await once(program, 'close'))[0]).to.equal(0)
    } finally {
      program.kill('SIGKILL')
    }
  })

  it('serves as an ensemble with observers', async () => {
    const roles: string[] = []
    const use = async (hosts: string[]): Promise<void> => {
      for (const address of hosts) roles.push(await roleAt(address))
    }
    expect(await runWith(use, '--port', '0', '--voters', '3', '--observers', '1')).to.equal(0)
    expect(roles).to.deep.equal(['follower', 'follower', 'leader', 'observer'])
  })

  it('reports wrong arguments', async () => {
    expect(await result('--port', '70000')).to.deep.equal({
      code: 2,
      out: '',
      err: "zookit-testing: --port must be a whole number from 0 to 65535, not '70000'\n",
    })
    expect((await result('--release', 'new')).code).to.equal(2)
    expect((await result('--observers', '1')).err).to.include('give --voters, too')
    expect((await result('--port', '65534', '--voters', '3')).err).to.include('leaves no port')
    const nonsense = await result('--nonsense')
    expect(nonsense.code).to.equal(2)
    expect(nonsense.err).to.include('--nonsense')
  })

  it('prints its usage', async () => {
    const { code, out } = await result('--help')
    expect(code).to.equal(0)
    expect(out).to.include('--port').and.to.include('Nothing is kept on disk')
  })
})
