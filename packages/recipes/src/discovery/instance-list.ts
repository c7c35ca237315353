import type { ChildrenCache } from '../cache/children-cache.ts'
import type { CachedNode } from '../cache/table/cached-node.ts'
import type { Broadcast } from '../core/broadcast.ts'
import { asError } from '../core/errors.ts'
import { parseWith, type Schema } from '../core/schema.ts'
import { decodeInstance } from './instance-json.ts'
import { identityOf, type ServiceInstance } from './service-instance.ts'

/** An event of a list of instances. */
export type InstanceListEvent<Payload = unknown> =
  | { type: 'added'; instance: ServiceInstance<Payload> }
  | { type: 'removed'; instance: ServiceInstance<Payload> }
  | { type: 'changed'; instance: ServiceInstance<Payload>; previous: ServiceInstance<Payload> }
  | { type: 'invalid'; path: string; error: Error }
  | { type: 'error'; path: string; error: Error }

/** An instance, or an error, from a znode. */
interface Reading<Payload> {
  readonly mzxid: bigint
  readonly czxid: bigint
  /** Null: the znode has no valid instance. */
  readonly instance: ServiceInstance<Payload> | null
}

/**
 * The instances in the znodes of a cache. Schemas may be asynchronous, so the list may lag behind the cache for a
 * while.
 */
export class InstanceList<Payload> {
  readonly #cache: ChildrenCache
  readonly #schema: Schema<Payload> | undefined
  readonly #events: Pick<Broadcast<InstanceListEvent<Payload>>, 'emit' | 'end'>
  /** The readings, by the name of the znode. */
  readonly #readings = new Map<string, Reading<Payload>>()
  #current: readonly ServiceInstance<Payload>[] = []
  #catchingUp: Promise<void> | null = null
  /** The revision of the cache that was taken last, and the number of its znodes that are not in the list yet. */
  #revision = 0
  #left = 0
  #due = false

  constructor(
    cache: ChildrenCache,
    schema: Schema<Payload> | undefined,
    events: Pick<Broadcast<InstanceListEvent<Payload>>, 'emit' | 'end'>,
  ) {
    this.#cache = cache
    this.#schema = schema
    this.#events = events
    void this.#follow()
  }

  /** The instances, by their id. */
  get current(): readonly ServiceInstance<Payload>[] {
    return this.#current
  }

  /** True if the cache has changes that are not in the list yet. */
  get isBehind(): boolean {
    return this.#left > 0 || this.#revision !== this.#cache.revision
  }

  /** Resolves when all present changes of the cache are in the list. */
  caughtUp(): Promise<void> {
    this.#due = true
    this.#catchingUp ??= this.#catchUp()
    return this.#catchingUp
  }

  async #follow(): Promise<void> {
    try {
      for await (const event of this.#cache.changes()) {
        if (event.type === 'error') this.#events.emit(event)
        else void this.caughtUp()
      }
      this.#events.end()
    } catch (error) {
      this.#events.end({ error })
    }
  }

  async #catchUp(): Promise<void> {
    // Deferred, so that it does not end before it is recorded as begun.
    await null
    while (this.#due) {
      this.#due = false
      this.#revision = this.#cache.revision
      const gone = [...this.#readings.keys()].filter(name => !this.#cache.nodes.has(name))
      const changed = this.#cache.nodes.changedFrom(name => this.#readings.get(name)?.mzxid)
      this.#left = gone.length + changed.length
      for (const name of gone) this.#put(name, null)
      for (const node of changed) await this.#read(node)
    }
    this.#catchingUp = null
  }

  async #read(node: CachedNode): Promise<void> {
    const { name } = node
    const { czxid, mzxid } = node.stat
    const known = this.#readings.get(name)
    try {
      const raw = decodeInstance(node.data, node.path)
      const payload = await parseWith(this.#schema, raw.payload, node.path)
      this.#put(name, { czxid, mzxid, instance: { ...raw, payload } })
    } catch (error) {
      // An invalid update does not remove an instance; another znode in its place does.
      const instance = known?.czxid === czxid ? known.instance : null
      this.#put(name, { czxid, mzxid, instance })
      this.#events.emit({ type: 'invalid', path: node.path, error: asError(error) })
    }
  }

  #put(name: string, reading: Reading<Payload> | null): void {
    // Before the events: who hears of the last one finds the list up to date.
    this.#left--
    const known = this.#readings.get(name)
    const previous = known?.instance ?? null
    if (reading) this.#readings.set(name, reading)
    else this.#readings.delete(name)
    const instance = reading?.instance ?? null
    if (instance === previous) return
    const instances = [...this.#readings.values()].map(one => one.instance).filter(one => one !== null)
    this.#current = instances.sort(byIdentity)
    const renewed = known?.czxid !== reading?.czxid
    if (previous && (renewed || !instance)) this.#events.emit({ type: 'removed', instance: previous })
    if (instance && (renewed || !previous)) this.#events.emit({ type: 'added', instance })
    else if (instance && previous) this.#events.emit({ type: 'changed', instance, previous })
  }
}

function byIdentity(a: ServiceInstance, b: ServiceInstance): number {
  const [one, other] = [identityOf(a), identityOf(b)]
  if (one === other) return 0
  return one < other ? -1 : 1
}
