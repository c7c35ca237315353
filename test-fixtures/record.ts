import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Demand, runDriver } from './recorder/driver.ts'
import { handMade } from './recorder/hand-made.ts'
import { RecordingProxy } from './recorder/proxy.ts'
import {
  type CallFixture,
  type CaseHead,
  callFixtures,
  type EventsFixture,
  eventsFixture,
  type HandshakeFixture,
  handshakeFixture,
  type StreamFixture,
  streamFixture,
} from './recorder/segment.ts'
import type { RealEnsemble } from './src/ensemble.ts'
import { findInstallation } from './src/installation.ts'
import { javaLauncher } from './src/java-process.ts'
import type { RealServer } from './src/real-server.ts'
import { startEnsembleWith, startServerWith } from './src/start.ts'

/*
 * Records test-fixtures/wire again: real servers, a proxy before each, and Apache's own Java client, so that
 * neither direction's bytes come from this project. Run by `pnpm --filter @zookit/test-fixtures record`.
 */

const WIRE = fileURLToPath(new URL('wire/', import.meta.url))

interface Servers {
  main: RealServer
  plain: RealServer
  guarded: RealServer
  quorum: RealEnsemble
  ensemble: RealEnsemble
}

class Recording {
  readonly calls = new Map<string, CallFixture[]>()
  readonly handshakes: HandshakeFixture[] = []
  readonly events: EventsFixture[] = []
  stream: StreamFixture | undefined
  readonly #proxies: Record<string, RecordingProxy>
  readonly #servers: Servers
  #head: CaseHead | undefined

  constructor(proxies: Record<string, RecordingProxy>, servers: Servers) {
    this.#proxies = proxies
    this.#servers = servers
  }

  async serve(demand: Demand): Promise<void> {
    if (demand.do === 'begin') this.begin(demand as unknown as CaseHead)
    else if (demand.do === 'end') this.end(demand.expect)
    else if (demand.do === 'cut') this.#proxies.main?.cut()
    else if (demand.do === 'mend') this.#proxies.main?.mend()
    else if (demand.do === 'isolate') await this.#isolate()
    else if (demand.do !== 'done') throw new Error(`the driver asks for '${demand.do}'`)
  }

  begin(head: CaseHead): void {
    this.#head = head
    for (const proxy of Object.values(this.#proxies)) proxy.frames.length = 0
  }

  end(expect: unknown): void {
    const head = this.#head
    if (!head) throw new Error('a case ends that did not begin')
    const frames = Object.values(this.#proxies).flatMap(proxy => proxy.frames)
    const server = this.#servers.main.version
    if (head.kind === 'call') {
      const fixtures = callFixtures(head, expect, frames, server)
      const operation = fixtures[0]?.operation as string
      this.calls.set(operation, [...(this.calls.get(operation) ?? []), ...fixtures])
    } else if (head.kind === 'handshake') {
      this.handshakes.push(handshakeFixture(head, expect, frames, server))
    } else if (head.kind === 'events') {
      this.events.push(eventsFixture(head, expect, frames, server))
    } else {
      this.stream = streamFixture(head, expect, frames, server)
    }
    this.#head = undefined
  }

  /** Leaves the first member of the ensemble alone, so that it turns read-only. */
  async #isolate(): Promise<void> {
    const [first, ...others] = this.#servers.ensemble.members
    for (const member of others) await member.kill()
    while ((await first?.mode()) !== 'read-only') await sleep(50)
  }
}

/** Prints one field to a line, so that a diff shows which field changed; what Java printed stays on one line. */
function print(fixtures: readonly object[]): string {
  const entries = fixtures.map(fixture => {
    const fields = Object.entries(fixture).map(([key, value]) => {
      const isList = Array.isArray(value) && value.length > 0
      const text = isList
        ? `[\n      ${value.map(item => JSON.stringify(item)).join(',\n      ')}\n    ]`
        : JSON.stringify(value)
      return `    ${JSON.stringify(key)}: ${text}`
    })
    return `  {\n${fields.join(',\n')}\n  }`
  })
  return `[\n${entries.join(',\n')}\n]\n`
}

function write(recording: Recording): void {
  for (const name of readdirSync(WIRE)) {
    if (name.endsWith('.json')) rmSync(join(WIRE, name))
  }
  for (const [operation, fixtures] of recording.calls) {
    writeFileSync(join(WIRE, `${operation}.json`), print(fixtures))
  }
  writeFileSync(join(WIRE, 'handshake.json'), print(recording.handshakes))
  writeFileSync(join(WIRE, 'events.json'), print(recording.events))
  writeFileSync(join(WIRE, 'stream.json'), print(recording.stream ? [recording.stream] : []))
}

async function record(): Promise<void> {
  const installation = findInstallation(process.env)
  if (!installation) throw new Error('recording needs a local ZooKeeper and a JDK')
  const launcher = javaLauncher(installation)
  await using main = await startServerWith(launcher, {
    superPassword: 'wizard',
    reconfigEnabled: true,
    sasl: { users: { bob: 'builder' } },
  })
  await using plain = await startServerWith(launcher, {
    extendedTypesEnabled: false,
    properties: { 'zookeeper.enforceQuota': 'true' },
  })
  await using guarded = await startServerWith(launcher, { requireAuth: ['digest'] })
  await using quorum = await startEnsembleWith(launcher, {
    size: 1,
    firstId: 200,
    reconfigEnabled: true,
    superPassword: 'wizard',
  })
  await using ensemble = await startEnsembleWith(launcher, { readOnlyMode: true })
  const servers: Servers = { main, plain, guarded, quorum, ensemble }

  const proxies: Record<string, RecordingProxy> = {}
  const hosts: Record<string, string> = { direct: main.hosts }
  for (const [name, server] of Object.entries(servers)) {
    const upstream = 'members' in server ? server.members[0]?.port : server.port
    const proxy = new RecordingProxy(upstream)
    await proxy.listen()
    proxies[name] = proxy
    hosts[name] = `127.0.0.1:${proxy.port}`
  }

  const recording = new Recording(proxies, servers)
  const directory = mkdtempSync(join(tmpdir(), 'zookit-recorder-'))
  try {
    await runDriver(installation, directory, hosts, demand => recording.serve(demand))
    for (const { head, run } of handMade) {
      recording.begin(head)
      recording.end(await run(proxies.main?.port as number))
    }
    write(recording)
    const count = [...recording.calls.values()].flat().length
    console.log(
      `recorded ${count} calls of ${recording.calls.size} operations from ZooKeeper ${main.version}`,
    )
  } finally {
    for (const proxy of Object.values(proxies)) proxy.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

await record()
