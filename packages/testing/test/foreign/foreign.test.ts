import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { findClients, findShell } from './clients.ts'
import { Program } from './program.ts'
import { type ForeignServer, serverKinds } from './servers.ts'
import { AFTER_THE_DROP, AFTERWARDS, BEFORE_THE_DROP, type Exchange, RECONNECTED } from './shell.ts'
import { DROP, TRANSCRIPT } from './transcript.ts'

const clients = findClients()
const shell = findShell()
const kinds = await serverKinds()

/** The native client's own message on a lost connection. */
const NOISE = /^yield:/

/** Runs a program to its end, dropping every connection where it asks for that. */
async function converse(command: readonly string[], multi: boolean, server: ForeignServer): Promise<void> {
  await using program = new Program([...command, server.hosts])
  const lines: string[] = []
  for (let line = await program.line(); line !== undefined; line = await program.line()) {
    if (!NOISE.test(line)) lines.push(line)
    if (line !== DROP) continue
    server.dropConnections()
    program.tell('dropped')
  }
  expect(lines).to.deep.equal(TRANSCRIPT.filter(line => multi || !line.startsWith('multi ')))
  await program.end()
}

async function type(shell: Program, exchanges: readonly Exchange[]): Promise<void> {
  for (const [line, ...answers] of exchanges) {
    shell.tell(line)
    for (const answer of answers) await shell.find(answer)
  }
}

async function quit(shell: Program): Promise<void> {
  shell.tell('quit')
  await shell.end()
}

/** Drives zkCli through its commands, dropping every connection on the way. */
async function typeAll(command: readonly string[], server: ForeignServer): Promise<void> {
  await using shell = new Program([...command, server.hosts])
  await shell.find(/state:SyncConnected/)
  await type(shell, BEFORE_THE_DROP)
  server.dropConnections()
  for (const line of RECONNECTED) await shell.find(line)
  await type(shell, AFTER_THE_DROP)
  await quit(shell)
  await using other = new Program([...command, server.hosts])
  await other.find(/state:SyncConnected/)
  await type(other, AFTERWARDS)
  await quit(other)
}

describe('Foreign clients', function () {
  this.timeout(120_000)
  let directory = ''
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'zookit-foreign-'))
    const found = [...clients, ...(shell ? [shell] : [])].map(({ name }) => name)
    console.log(`    found here: ${found.join(', ')}; servers: ${kinds.map(({ name }) => name).join(', ')}`)
  })
  after(() => rmSync(directory, { recursive: true, force: true }))

  for (const client of clients) {
    describe(client.name, () => {
      let command: readonly string[] = []
      before(() => {
        command = client.prepare(directory)
      })

      for (const kind of kinds) {
        it(`works on ${kind.name}, across a dropped connection`, async () => {
          await using server = await kind.start()
          await converse(command, client.multi, server)
        })
      }
    })
  }

  if (shell) {
    describe(shell.name, () => {
      for (const kind of kinds) {
        it(`works on ${kind.name}, across a dropped connection`, async () => {
          await using server = await kind.start()
          await typeAll(shell.prepare(directory), server)
        })
      }
    })
  }
})
