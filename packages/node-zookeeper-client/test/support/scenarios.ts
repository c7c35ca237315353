import type * as original from 'node-zookeeper-client'
import { closed, connected, type Library, type Scenario } from './scenario.ts'

/** Returns the ready lists of ACLs. `@types/node-zookeeper-client` does not have them. */
const listsOf = ({ ACL }: Library): { OPEN_ACL_UNSAFE: original.ACL[]; CREATOR_ALL_ACL: original.ACL[] } =>
  ACL as typeof ACL & { OPEN_ACL_UNSAFE: original.ACL[]; CREATOR_ALL_ACL: original.ACL[] }

const operations: Scenario = {
  title: 'every operation, its errors and its Stat',
  async run({ library, client, call }) {
    const { ACL, CreateMode, Id, Permission } = library
    await connected(client)
    await call('create', done => client.create('/a', done))
    await call('create again', done => client.create('/a', done))
    await call('create with data', done => client.create('/b', Buffer.from('data'), done))
    await call('create with mode', done => client.create('/c', CreateMode.EPHEMERAL, done))
    const acls = [new ACL(Permission.READ | Permission.ADMIN, new Id('world', 'anyone'))]
    await call('create with ACL', done => client.create('/d', acls, done))
    await call('create with all', done =>
      client.create('/a/s-', Buffer.from('x'), acls, CreateMode.PERSISTENT_SEQUENTIAL, done),
    )
    await call('create in another order', done =>
      client.create('/a/s-', CreateMode.EPHEMERAL_SEQUENTIAL, Buffer.from('y'), done),
    )
    await call('create without a parent', done => client.create('/no/parent', done))
    await call('create below an ephemeral', done => client.create('/c/x', done))
    await call('create in an unknown mode', done => client.create('/mode', 77, done))
    await call('getData of nothing', done => client.getData('/a', done))
    await call('getData', done => client.getData('/b', done))
    await call('getData of an ephemeral', done => client.getData('/c', done))
    await call('getData without a znode', done => client.getData('/none', done))
    await call('setData', done => client.setData('/b', Buffer.from('more'), done))
    await call('setData with a version', done => client.setData('/b', Buffer.alloc(0), 1, done))
    await call('setData with a wrong version', done => client.setData('/b', Buffer.from('z'), 7, done))
    await call('setData without the right', done => client.setData('/d', Buffer.from('z'), done))
    await call('getData of empty data', done => client.getData('/b', done))
    await call('exists', done => client.exists('/b', done))
    await call('exists not', done => client.exists('/none', done))
    await call('getChildren', done => client.getChildren('/a', done))
    await call('getChildren of a leaf', done => client.getChildren('/b', done))
    await call('getChildren without a znode', done => client.getChildren('/none', done))
    await call('getACL', done => client.getACL('/d', done))
    await call('setACL', done => client.setACL('/d', listsOf(library).OPEN_ACL_UNSAFE, done))
    await call('setACL with a wrong version', done =>
      client.setACL('/d', listsOf(library).OPEN_ACL_UNSAFE, 7, done),
    )
    await call('getACL afterwards', done => client.getACL('/d', done))
    await call('remove with a wrong version', done => client.remove('/b', 9, done))
    await call('remove with children', done => client.remove('/a', done))
    await call('remove with a version', done => client.remove('/b', 2, done))
    await call('remove', done => client.remove('/d', done))
    await call('remove again', done => client.remove('/d', -1, done))
  },
}

const order: Scenario = {
  title: 'calls that are made before the connection and without waiting',
  async run({ client, call, transcript }) {
    client.on('state', state => transcript.add('state', String(state)))
    client.on('connected', () => transcript.add('connected'))
    const calls = [call('first', done => client.create('/o', done))]
    client.connect()
    for (let n = 0; n < 20; n++) {
      calls.push(
        call(`create ${n}`, done => client.create(`/o/${n % 7}`, done)),
        call(`read ${n}`, done => client.getData(`/o/${n}`, done)),
        call(`exists ${n}`, done => client.exists(`/o/${n}`, done)),
        call(`transaction ${n}`, done => client.transaction().check(`/o/${n}`).commit(done)),
      )
    }
    await Promise.all(calls)
    const nested: Promise<unknown>[] = []
    await call('outer', done =>
      client.exists('/o', () => {
        nested.push(call('nested', inner => client.getData('/o', inner)))
        done()
      }),
    )
    await Promise.all(nested)
  },
}

const watchers: Scenario = {
  title: 'watchers, once each, among the callbacks',
  async run({ client, call, transcript }) {
    await connected(client)
    const watcher = transcript.listener('watcher')
    const other = transcript.listener('other watcher')
    await call('exists not', done => client.exists('/w', watcher, done))
    await call('getData without a znode', done => client.getData('/w', other, done))
    await Promise.all([
      call('create', done => client.create('/w', Buffer.from('1'), done)),
      call('read', done => client.getData('/w', watcher, done)),
      call('read by another', done => client.getData('/w', other, done)),
      call('read again', done => client.getData('/w', watcher, done)),
      call('children', done => client.getChildren('/w', watcher, done)),
      call('setData', done => client.setData('/w', Buffer.from('2'), done)),
      call('setData again', done => client.setData('/w', Buffer.from('3'), done)),
      call('create a child', done => client.create('/w/c', done)),
      call('create a second', done => client.create('/w/d', done)),
    ])
    await call('exists', done => client.exists('/w/c', watcher, done))
    await call('children of the child', done => client.getChildren('/w/c', watcher, done))
    await call('children of the child, other', done => client.getChildren('/w/c', other, done))
    await call('remove', done => client.remove('/w/c', done))
    await call('exists after it', done => client.exists('/w/c', done))
    await call('watched again', done =>
      client.exists(
        '/w/c',
        event => {
          transcript.add('event', event.getType(), event.getName(), event.getPath(), event.toString(), event)
        },
        done,
      ),
    )
    await call('create it', done => client.create('/w/c', done))
  },
}

const transactions: Scenario = {
  title: 'transactions',
  async run({ library, client, call }) {
    const { CreateMode } = library
    await connected(client)
    await call('empty', done => client.transaction().commit(done))
    await call('applied', done =>
      client
        .transaction()
        .create('/t')
        .create('/t/a', Buffer.from('1'))
        .create('/t/s-', CreateMode.EPHEMERAL_SEQUENTIAL)
        .setData('/t', Buffer.from('2'))
        .check('/t', 1)
        .remove('/t/a')
        .commit(done),
    )
    await call('refused', done =>
      client
        .transaction()
        .create('/u')
        .check('/t', 7)
        .setData('/t', Buffer.from('3'))
        .remove('/none')
        .commit(done),
    )
    await call('nothing of it', done => client.exists('/u', done))
    await call('no callback', () => client.transaction().commit(undefined as never))
    await call('a wrong path', () => void client.transaction().create('a'))
    await call('wrong data', () => void client.transaction().setData('/t', 'text' as never))
    await call('a wrong version', () => void client.transaction().remove('/t', '1' as never))
    await call('no ACL', () => void client.transaction().create('/t', []))
  },
}

const trees: Scenario = {
  title: 'mkdirp, listSubTreeBFS and removeRecursive',
  async run({ library, client, call }) {
    await connected(client)
    await call('mkdirp', done => client.mkdirp('/m/a', Buffer.from('x'), done))
    await call('mkdirp again', done => client.mkdirp('/m/a', done))
    await call('mkdirp of the root', done => client.mkdirp('/', done))
    await call('mkdirp of another', done => client.mkdirp('/m/b', done))
    await call('mkdirp in vain', done => client.mkdirp('/e/a', library.CreateMode.EPHEMERAL, done))
    await call('data of both', done => client.getData('/m', done))
    await call('list', done => bfs(client)('/m', done))
    await call('list a leaf', done => bfs(client)('/m/a', done))
    await call('list nothing', done => bfs(client)('/none', done))
    await call('remove with a wrong version', done => removal(client)('/m', 7, done))
    await call('remove all', done => removal(client)('/m', -1, done))
    await call('remove nothing', done => removal(client)('/m', done as never))
    await call('gone', done => client.exists('/m', done))
  },
}

type Listing = (path: string, callback: (...values: unknown[]) => void) => void
type Removal = (path: string, version: number, callback?: (...values: unknown[]) => void) => void

/** `@types/node-zookeeper-client` does not have these two. */
const bfs = (client: object): Listing => {
  const { listSubTreeBFS } = client as { listSubTreeBFS: Listing }
  return listSubTreeBFS.bind(client)
}
const removal = (client: object): Removal => {
  const { removeRecursive } = client as { removeRecursive: Removal }
  return removeRecursive.bind(client)
}

const authentication: Scenario = {
  title: 'credentials and ACLs',
  async run({ library, client, newClient, call }) {
    const { ACL, Id, Permission } = library
    client.addAuthInfo('digest', Buffer.from('alice:secret'))
    await connected(client)
    await call('create', done =>
      client.create('/mine', Buffer.from('x'), listsOf(library).CREATOR_ALL_ACL, done),
    )
    await call('getACL', done => client.getACL('/mine', done))
    const stranger = newClient()
    await connected(stranger)
    await call('refused', done => stranger.getData('/mine', done))
    await call('getACL refused', done => stranger.getACL('/mine', done))
    stranger.addAuthInfo('digest', Buffer.from('alice:secret'))
    await call('allowed', done => stranger.getData('/mine', done))
    const nobody = new ACL(Permission.ALL, new Id('nonsense', 'x'))
    await call('an invalid ACL', done => client.create('/acl', [nobody], done))
    await closed(stranger)
  },
}

const lives: Scenario = {
  title: 'the life of a session',
  async run({ library, client, call, transcript }) {
    const events = ['connected', 'connectedReadOnly', 'disconnected', 'expired', 'authenticationFailed']
    for (const event of events) client.on(event, transcript.listener(`event ${event}`))
    client.on('state', state => transcript.add('event state', String(state), client.getState() === state))
    const describeSession = (): void => {
      const { length } = client.getSessionPassword()
      transcript.add('session', String(client.getState()), client.getSessionId(), length)
    }
    describeSession()
    await connected(client)
    describeSession()
    const replies = [call('before close', done => client.getData('/', done))]
    client.close()
    replies.push(call('after close', done => client.getData('/', done)))
    transcript.add('the call has returned')
    await Promise.all(replies)
    await new Promise<void>(resolve => {
      if (client.getState() === library.State.DISCONNECTED) resolve()
      else client.once('disconnected', () => resolve())
    })
    await call('afterwards', done => client.exists('/', done))
    transcript.add('the call has returned', String(client.getState()))
  },
}

const PATHS = [undefined, null, '', 'a', '/a/', '//a', '/a//b', '/.', '/a/../b', 7] as never[]

const mistakes: Scenario = {
  title: 'arguments that are thrown back',
  async run({ library, client, call, transcript }) {
    const { ACL, Event, Exception, Id, State } = library
    const acls = [new ACL(31, new Id('world', 'anyone'))]
    const data = Buffer.from('x')
    for (const path of PATHS) {
      await call(`create ${path}`, done => client.create(path, done))
      await call(`remove ${path}`, done => client.remove(path, done))
      await call(`exists ${path}`, done => client.exists(path, done))
      await call(`getData ${path}`, done => client.getData(path, done))
      await call(`setData ${path}`, done => client.setData(path, data, done))
      await call(`getChildren ${path}`, done => client.getChildren(path, done))
      await call(`getACL ${path}`, done => client.getACL(path, done))
      await call(`setACL ${path}`, done => client.setACL(path, acls, done))
      await call(`mkdirp ${path}`, done => client.mkdirp(path, done))
      await call(`check ${path}`, () => void client.transaction().check(path))
    }
    await call('create without a callback', () => client.create('/a', undefined as never))
    await call('remove without a callback', () => client.remove('/a', 1, undefined as never))
    await call('getData without a callback', () => client.getData('/a', undefined as never))
    await call('getACL without a callback', () => client.getACL('/a', undefined as never))
    await call('mkdirp without a callback', () => client.mkdirp('/a', data, undefined as never))
    await call('remove with a text', done => client.remove('/a', '1' as never, done))
    await call('setData with a text', done => client.setData('/a', 'text' as never, done))
    await call('setData with a text version', done => client.setData('/a', data, '1' as never, done))
    await call('long data', done => client.setData('/a', Buffer.alloc(1024 * 1024 + 1), done))
    await call('create with long data', done => client.create('/a', Buffer.alloc(1024 * 1024 + 1), done))
    await call('create without ACLs', done => client.create('/a', [], done))
    await call('setACL without ACLs', done => client.setACL('/a', [], done))
    await call('setACL with an object', done => client.setACL('/a', {} as never, done))
    await call('a text as the credential', () => client.addAuthInfo('digest', 'x' as never))
    await call('no connection string', () => void library.createClient(undefined as never))
    await call('an empty connection string', () => void library.createClient(''))
    await call('no server', () => void library.createClient('/chroot'))
    await call('a wrong chroot', () => void library.createClient('a:2181/b/'))
    await call('options', () => void library.createClient('a:2181', 'x' as never))
    await call('Id', () => void new Id('', 'x'))
    await call('ACL', () => void new ACL(0, acls[0]!.id))
    await call('ACL without an Id', () => void new ACL(1, {} as never))
    await call('Exception', () => void new Exception(1, 'X', () => {}))
    await call('Event', () => void new Event(9, 'X', '/a'))
    await call('State', () => void new (State.EXPIRED.constructor as typeof State)('', 1))
    transcript.add(
      'requests that wait',
      client.getSessionTimeout(),
      client.getSessionId(),
      client.getSessionPassword(),
    )
  },
}

/** The scenarios that every server can play. */
export const SCENARIOS: readonly Scenario[] = [
  operations,
  order,
  watchers,
  transactions,
  trees,
  authentication,
  lives,
  mistakes,
]
