import {
  type ACL,
  type AnyOperation,
  type MultiOperation,
  type MultiReadOperation,
  type Operation,
  op,
} from '@zookit/jute'
import { isReached } from '@zookit/test-fixtures/release'

/** A request to be sent to two servers. */
export interface AnyRequest {
  readonly operation: AnyOperation
  readonly body: unknown
}

type Random = () => number

/** Numbers in [0, 1) that a seed determines (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const GOOD_PATHS = ['/a', '/a/b', '/a/c', '/a/b/d', '/b', '/b/x', '/e', '/a/b/d/f', '/ab']
const ODD_PATHS = [
  '/',
  '',
  'a',
  '/a/',
  '//',
  '/a//b',
  '/a/./b',
  '/..',
  '/a\u0001',
  '/none/x',
  '/zookeeper',
  '/zookeeper/config',
  '/zookeeper/quota',
  '/zookeeper/new',
  '/a/...',
  '/.a',
  '/e/child',
]

const WORLD = { scheme: 'world', id: 'anyone' }
const ACLS: (ACL[] | null)[] = [
  [{ perms: 31, id: WORLD }],
  [{ perms: 31, id: WORLD }],
  [{ perms: 31, id: WORLD }],
  [{ perms: 1, id: WORLD }],
  [{ perms: 30, id: WORLD }],
  [{ perms: 27, id: WORLD }],
  [{ perms: 31, id: { scheme: 'auth', id: '' } }],
  [
    { perms: 31, id: { scheme: 'digest', id: 'u:Vbwz8hOGbKBsfsk/ZQYgR5pM8vI=' } },
    { perms: 1, id: WORLD },
  ],
  [{ perms: 31, id: { scheme: 'ip', id: '127.0.0.1' } }],
  [
    { perms: 31, id: { scheme: 'ip', id: '127.0.0.0/8' } },
    { perms: 31, id: { scheme: 'ip', id: '127.0.0.0/8' } },
  ],
  [{ perms: 31, id: { scheme: 'ip', id: '10.0.0.0/8' } }],
  [{ perms: 31, id: { scheme: 'ip', id: '127.0.0.0/33' } }],
  [{ perms: 31, id: { scheme: 'none', id: 'x' } }],
  [{ perms: 31, id: { scheme: 'digest', id: 'nocolon' } }],
  [{ perms: 31, id: { scheme: 'world', id: 'somebody' } }],
  [{ perms: 31, id: { scheme: 'sasl', id: 'joe' } }],
  [],
  null,
]

/** Makes requests, legal and not, around a small set of paths. */
export class RandomRequests {
  readonly #random: Random

  readonly #release: string

  /** @param release the release of the servers: operations that came later are left out. */
  constructor(random: Random, release: string) {
    this.#random = random
    this.#release = release
  }

  next(zxid: bigint): AnyRequest {
    const request = this.#any(zxid)
    return isReached(request.operation.since, this.#release) ? request : this.next(zxid)
  }

  #any(zxid: bigint): AnyRequest {
    const makers = [
      () => this.#of(op.create, this.#create()),
      () => this.#of(op.create, this.#create()),
      () => this.#of(op.create2, this.#create()),
      () => this.#of(op.createContainer, { ...this.#create(), flags: this.#pick([4, 4, 4, 0, 1]) }),
      () => this.#of(op.createTTL, this.#createTtl()),
      () => this.#of(op.delete, { path: this.#path(), version: this.#version() }),
      () => this.#of(op.delete, { path: this.#path(), version: -1 }),
      () => this.#of(op.setData, { path: this.#path(), data: this.#data(), version: this.#version() }),
      () => this.#of(op.setACL, { path: this.#path(), acl: this.#pick(ACLS), version: this.#version() }),
      () => this.#of(op.getACL, { path: this.#path() }),
      () => this.#of(op.exists, { path: this.#path(), watch: this.#flip() }),
      () => this.#of(op.getData, { path: this.#path(), watch: this.#flip() }),
      () => this.#of(op.getChildren, { path: this.#path(), watch: this.#flip() }),
      () => this.#of(op.getChildren2, { path: this.#path(), watch: this.#flip() }),
      () => this.#of(op.sync, { path: this.#path() }),
      () => this.#of(op.multi, { operations: this.#some(4, () => this.#multiPart()) }),
      () => this.#of(op.multi, { operations: this.#some(4, () => this.#multiPart()) }),
      () => this.#of(op.multiRead, { operations: this.#some(4, () => this.#readPart()) }),
      () => this.#of(op.addWatch, { path: this.#path(), mode: this.#pick([0, 0, 1, 1, 2]) }),
      () => this.#of(op.removeWatches, { path: this.#path(), type: this.#pick([1, 2, 3, 4]) }),
      () => this.#of(op.checkWatches, { path: this.#path(), type: this.#pick([1, 2, 3]) }),
      () => this.#of(op.setWatches, this.#setWatches(zxid)),
      () => this.#of(op.setWatches2, this.#setWatches(zxid)),
      () => this.#of(op.getEphemerals, { prefixPath: this.#path() }),
      () => this.#of(op.getAllChildrenNumber, { path: this.#pick(GOOD_PATHS) }),
      () => this.#of(op.whoAmI, null),
      // A check that succeeds is never answered.
      () => this.#of(op.check, { path: this.#path(), version: 99 }),
      () => this.#of(op.ping, null),
      () => this.#of(op.auth, { type: 0, scheme: 'digest', auth: Buffer.from(this.#pick(['u:p', 'v:q'])) }),
      () =>
        this.#of(op.reconfig, {
          joiningServers: null,
          leavingServers: '1',
          newMembers: null,
          curConfigId: -1n,
        }),
    ]
    return this.#pick(makers)()
  }

  #of<Request>(operation: Operation<Request, unknown, unknown>, body: Request): AnyRequest {
    return { operation, body }
  }

  #pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.#random() * values.length)]!
  }

  #flip(): boolean {
    return this.#random() < 0.5
  }

  #some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: Math.floor(this.#random() * (most + 1)) }, make)
  }

  #path(): string {
    return this.#pick(this.#random() < 0.85 ? GOOD_PATHS : ODD_PATHS)
  }

  #version(): number {
    return this.#pick([-1, -1, -1, 0, 1, 2])
  }

  #data(): Buffer | null {
    return this.#pick([null, Buffer.alloc(0), Buffer.from('x'), Buffer.from('hello')])
  }

  #create(): { path: string; data: Buffer | null; acl: ACL[] | null; flags: number } {
    const acl = this.#random() < 0.8 ? ACLS[0]! : this.#pick(ACLS)
    const flags = this.#random() < 0.95 ? this.#pick([0, 0, 0, 1, 2, 3]) : this.#pick([4, 5, 6, 7, -1, 99])
    return { path: this.#path(), data: this.#data(), acl, flags }
  }

  #createTtl(): { path: string; data: Buffer | null; acl: ACL[] | null; flags: number; ttl: number } {
    const ttl = this.#pick([100_000, 100_000, 100_000, 2 ** 40 - 1, 2 ** 40, 0, -1])
    // Other flags with a negative ttl stop a real server permanently.
    const flags = this.#pick(ttl < 0 ? [5, 6] : [5, 5, 6, 6, 0])
    return { ...this.#create(), flags, ttl }
  }

  #multiPart(): MultiOperation {
    const path = this.#path()
    return this.#pick<() => MultiOperation>([
      () => ({ type: 1, request: this.#create() }),
      () => ({ type: 15, request: this.#create() }),
      () => ({ type: 19, request: { ...this.#create(), flags: this.#pick([4, 4, 4, 4, 0, 5, 99]) } }),
      () => ({ type: 21, request: { ...this.#createTtl(), flags: this.#pick([5, 6]) } }),
      () => ({ type: 2, request: { path, version: this.#version() } }),
      () => ({ type: 5, request: { path, data: this.#data(), version: this.#version() } }),
      () => ({ type: 13, request: { path, version: this.#version() } }),
    ])()
  }

  #readPart(): MultiReadOperation {
    const request = { path: this.#path(), watch: this.#flip() }
    return { type: this.#pick([4, 8] as const), request }
  }

  #setWatches(zxid: bigint): {
    relativeZxid: bigint
    dataWatches: string[]
    existWatches: string[]
    childWatches: string[]
    persistentWatches: string[]
    persistentRecursiveWatches: string[]
  } {
    const paths = (): string[] => this.#some(2, () => this.#pick(GOOD_PATHS))
    return {
      relativeZxid: zxid - BigInt(this.#pick([0, 1, 3, 10])),
      dataWatches: paths(),
      existWatches: paths(),
      childWatches: paths(),
      persistentWatches: paths(),
      persistentRecursiveWatches: paths(),
    }
  }
}
