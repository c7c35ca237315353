// What must compile, and what must not: `tsc -p tsconfig.json` is the test. Nothing here is run.

import {
  type Children,
  type ConnectOptions,
  type Created,
  type CreatedTogether,
  type CreateOptions,
  connect,
  type MultiError,
  type NodeData,
  openAcl,
  type Stat,
  type StreamEvent,
  type ZooKeeper,
  type ZooKeeperError,
} from '../src/index.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Compiles only if the two types are the same. */
function same<A, B>(_: Equal<A, B>): void {}

export async function connecting(): Promise<void> {
  await connect('host')
  await connect({ servers: [{ host: 'host', port: 2181 }], chroot: '/app' }, { sessionTimeout: 10_000 })
  await connect(
    { srv: 'zk.example.com' },
    { tls: async () => ({ minVersion: 'TLSv1.3' }), signal: undefined },
  )
  // @ts-expect-error an option that there is not
  await connect('host', { timeout: 5 })
  // @ts-expect-error a number is meant
  await connect('host', { sessionTimeout: '10s' })
  // @ts-expect-error one of two words
  await connect('host', { whenDisconnected: 'fail' })
  // @ts-expect-error TLS options, not a switch
  await connect('host', { tls: true })
  // @ts-expect-error the id of a session is a bigint
  await connect('host', { session: { id: 1, password: Buffer.alloc(16) } })
  // @ts-expect-error the servers come first
  await connect({ chroot: '/app', hosts: [] })
  // @ts-expect-error a list
  const options: ConnectOptions = { auth: { scheme: 'digest', auth: 'a:b' } }
  void options
}

export async function creating(zk: ZooKeeper): Promise<void> {
  same<Awaited<ReturnType<ZooKeeper['create']>>, string>(true)
  same<Awaited<ReturnType<ZooKeeper['createWithStat']>>, Created>(true)
  await zk.create('/a', new Uint8Array(3), { mode: 'ephemeral-sequential', acl: openAcl, timeout: 5 })
  await zk.create('/a', null, { mode: 'ttl', ttl: 1000 })
  // @ts-expect-error ttl is missing
  await zk.create('/a', null, { mode: 'ttl' })
  // @ts-expect-error ttl is missing
  await zk.createWithStat('/a', null, { mode: 'ttl-sequential' })
  // @ts-expect-error no ttl in this mode
  await zk.create('/a', null, { mode: 'container', ttl: 1000 })
  // @ts-expect-error no ttl without a mode
  await zk.create('/a', null, { ttl: 1000 })
  // @ts-expect-error no such mode
  await zk.create('/a', null, { mode: 'PERSISTENT' })
  // @ts-expect-error data is text, bytes or null
  await zk.create('/a', { an: 'object' })
  // @ts-expect-error an option of setData
  const options: CreateOptions = { version: 3 }
  void options
}

export async function reading(zk: ZooKeeper): Promise<void> {
  same<Awaited<ReturnType<ZooKeeper['getData']>>, NodeData>(true)
  same<Awaited<ReturnType<ZooKeeper['getChildren']>>, Children>(true)
  same<Awaited<ReturnType<ZooKeeper['exists']>>, Stat | null>(true)
  const { data } = await zk.getData('/a', { watch: event => void event.path })
  // @ts-expect-error it may be null
  data.toString()
  // @ts-expect-error a listener, not a switch
  await zk.getData('/a', { watch: true })
  // @ts-expect-error a one-shot watch is told of changes, or of its end, and of nothing else
  await zk.getData('/a', { watch: event => event.type === 'resync' })
  // @ts-expect-error verison
  await zk.setData('/a', 'x', { verison: 3 })
  // @ts-expect-error data is not optional
  await zk.setData('/a')
  // @ts-expect-error no watch on an ACL
  await zk.getAcl('/a', { watch: () => {} })
}

export async function transactions(zk: ZooKeeper): Promise<void> {
  const results = await zk
    .transaction()
    .check('/a', 1)
    .setData('/a', 'x')
    .create('/b')
    .createWithStat('/c', null, { mode: 'ttl', ttl: 5 })
    .delete('/d')
    .commit()
  same<typeof results, [undefined, Stat, string, CreatedTogether, undefined]>(true)
  const same2 = await zk.multi([
    { type: 'check', path: '/a', version: 1 },
    { type: 'setData', path: '/a', data: 'x' },
    { type: 'create', path: '/b', mode: 'ephemeral' },
  ])
  same<typeof same2, [undefined, Stat, string]>(true)
  const reads = await zk.multiRead([
    { type: 'getData', path: '/a' },
    { type: 'getChildren', path: '/a' },
  ])
  same<typeof reads, [NodeData | ZooKeeperError, { children: string[] } | ZooKeeperError]>(true)
  // @ts-expect-error check needs a version
  zk.transaction().check('/a')
  // @ts-expect-error ttl is missing
  zk.transaction().create('/a', null, { mode: 'ttl' })
  // @ts-expect-error ttl is missing
  await zk.multi([{ type: 'create', path: '/a', mode: 'ttl' }])
  // @ts-expect-error no such operation
  await zk.multi([{ type: 'exists', path: '/a' }])
  // @ts-expect-error data is missing
  await zk.multi([{ type: 'setData', path: '/a' }])
  // @ts-expect-error a write
  await zk.multiRead([{ type: 'delete', path: '/a' }])
}

export async function others(zk: ZooKeeper): Promise<void> {
  for await (const event of zk.watch('/a', { recursive: true })) same<typeof event, StreamEvent>(true)
  await using watch = zk.watch('/a')
  await watch.ready
  // @ts-expect-error no such order
  zk.walk('/a', { order: 'breadth' })
  // @ts-expect-error no such kind
  await zk.removeWatches('/a', 'child')
  // @ts-expect-error either the one or the other
  await zk.reconfig({ joining: ['server.1=...'], members: [] })
  // @ts-expect-error no such event
  zk.on('connected', () => {})
  // @ts-expect-error no such state
  if (zk.state === 'disconnected') return
  const error = (await zk.multi([]).catch((reason: unknown) => reason)) as MultiError
  same<typeof error.index, number>(true)
}
