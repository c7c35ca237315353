import { op, Reader, type ReconfigRequest } from '@zookit/jute'
import { expect } from 'chai'
import type { ServerVersion } from '../../src/index.ts'
import type { RawClient } from '../support/raw-client.ts'
import { inMemory, openAsSuper, realKinds, rolesAre, type Servers } from './servers.ts'

type Change = Partial<ReconfigRequest>

/** Returns the changes to be compared: legal ones, and those that a server refuses. */
function changesFor({ members }: Servers): Change[] {
  const [one, two, three, four] = members.map(({ spec }) => spec) as [string, string, string, string]
  const five = 'server.5=127.0.0.1:5001:5002;127.0.0.1:5003'
  const joiners = [
    'x',
    'server.5=x',
    'server.5=127.0.0.1:5001:5002',
    'server.5=127.0.0.1:5001:5001;5003',
    'server.5=127.0.0.1:5001:5002:boss;5003',
    'server.5=127.0.0.1:x:5002;5003',
    'server.5=127.0.0.1:5001:5002;x',
    'server.5=127.0.0.1:70000:5002;5003',
    'server.5=127.0.0.1:5001:-2;5003',
    'server.5=127.0.0.1:5001:5002;127.0.0.1:70000',
    'server.5=127.0.0.1:5001:5002;5003=3',
    'server.a=127.0.0.1:5001:5002;5003',
    'server.5=127.0.0.1:5001:5002;127.0.0.1:1:5003',
    'server.5=127.0.0.1:5001:5002|127.0.0.1:5011:5012;5003',
    'server.5=[::1:5001:5002;5003',
    'server.5=127.0.0.1:5001:5002:observer:x;5003',
    'server.5=10.1.2.3:5001:5002;5003,server.6=10.1.2.3:5001:6002;6003',
    'server.5=127.0.0.1:5001:5002;5003,server.6=127.0.0.1:5001:6002;5003',
    '5=127.0.0.1:5001:5002:OBSERVER;5003',
    'server.5=[::1]:5001:5002:participant;[::1]:5003',
    'server.5=localhost:5001:5002;',
    ' server.5 = 127.0.0.1:5001:5002;5004 ,',
  ]
  const lists = [
    '',
    one,
    `${one},${four}`,
    four,
    [5, 6, 7].map(id => `server.${id}=127.0.0.1:${id}001:${id}002;${id}003`).join(),
    // An observer that becomes a voter does not count for the new quorum.
    `${one},${four.replace(':observer', '')},server.5=127.0.0.1:5001:5002;5003`,
    `${one},${two},${three},${four},clientPort=2181`,
    `${one},${two},${three},${four},version=zz`,
    `${one},${two},${three},${four},server.5=x`,
    `${three}\n# a comment\n${two},,version=ff,${one},${four}`,
  ]
  return [
    {},
    { joiningServers: '', leavingServers: '' },
    ...joiners.map(joiningServers => ({ joiningServers })),
    { leavingServers: '5' },
    ...['x', '9', '1,2,3', '2,3', '9,', '-7'].map(leavingServers => ({ leavingServers })),
    ...lists.map(newMembers => ({ newMembers })),
    { joiningServers: five, newMembers: `${one},${two},${three},${four}` },
    { joiningServers: five, leavingServers: '5' },
    { leavingServers: '5', curConfigId: 77n },
    { leavingServers: '5', curConfigId: -2n },
    { leavingServers: '5', curConfigId: -1n },
  ]
}

/** Puts names for what differs from one ensemble to the next: ports, and the zxids of versions. */
function plainText(text: string, { members }: Servers, zxid: bigint): string {
  const named = members.reduce((all, { id, spec }) => all.replace(spec, `the spec of ${id}`), text)
  return named.replace(/version=(.*)$/, (_, version) => `version=${BigInt(`0x${version}`) - zxid}`)
}

async function answerTo(servers: Servers, client: RawClient, change: Change): Promise<unknown> {
  // This server may not have heard yet of what another one has answered: the session of the other client, for one.
  const { zxid: before } = await client.ask(op.sync, { path: '/' })
  const none = { joiningServers: null, leavingServers: null, newMembers: null, curConfigId: -1n }
  const { zxid, err, bytes } = await client.ask(op.reconfig, { ...none, ...change })
  const outcome = { zxid: zxid - before, err }
  if (err !== 0) return { ...outcome, bytes: bytes.length }
  const { data, stat } = op.reconfig.readResponse(new Reader(bytes))
  const { mzxid, mtime, dataLength, ...rest } = stat
  return {
    ...outcome,
    text: plainText(String(data), servers, before),
    stat: { ...rest, mzxid: mzxid - before, changed: mtime > 0, length: dataLength - data!.length },
  }
}

/** Describes the configuration as another client sees it, and the events that this client has got. */
async function seenBy(servers: Servers, client: RawClient): Promise<unknown> {
  const { zxid } = await client.ask(op.sync, { path: '/' })
  const events = client.events.map(({ type, path }) => ({ type, path }))
  const { data, stat } = await client.call(op.getData, { path: '/zookeeper/config', watch: true })
  return {
    events,
    text: plainText(String(data), servers, zxid),
    aversion: stat.aversion,
    version: stat.version,
  }
}

async function history(servers: Servers): Promise<unknown[]> {
  await rolesAre(servers, ['-', '-', '-', 'observer'])
  using client = await openAsSuper(servers.members[0]!)
  using other = await openAsSuper(servers.members[3]!)
  const lines: unknown[] = [await seenBy(servers, other)]
  for (const change of changesFor(servers)) {
    lines.push({ change: Object.keys(change), ...((await answerTo(servers, client, change)) as object) })
    lines.push(await seenBy(servers, other))
  }
  return lines
}

for (const kind of realKinds) {
  describe(`reconfig in memory and on ${kind.name}`, function () {
    this.timeout(120_000)

    it('gives the same answers, configurations and events', async () => {
      const version = (/\d+\.\d+\.\d+/.exec(kind.name)?.[0] ?? '3.9') as ServerVersion
      await using own = await inMemory(version).start()
      await using real = await kind.start()
      const [expected, actual] = [await history(real), await history(own)]
      const changes = changesFor(own)
      for (const [i, line] of expected.entries()) {
        const change = changes[Math.floor((i - 1) / 2)]
        expect(
          actual[i],
          JSON.stringify(change, (_, v) => (typeof v === 'bigint' ? `${v}` : v)),
        ).to.deep.equal(line)
      }
    })
  })
}
