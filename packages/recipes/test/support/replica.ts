import { expect } from 'chai'
import type { Cache, CachedNode, CacheEvent, Changes } from '../../src/index.ts'

/** Applies a cache's events, one after the other, and checks that each of them fits. */
export class Replica {
  readonly nodes: Map<string, CachedNode> = new Map()
  readonly events: CacheEvent[] = []
  readonly ended: Promise<void>

  /** @param buffer number of events that may wait: with fewer than there are, it is no replica. */
  constructor(cache: Cache, buffer?: number) {
    this.ended = this.#follow(cache.changes({ buffer }))
    this.ended.catch(() => {})
  }

  /** Types and paths, such as `created /a`; or `resynced reconnected`. */
  get log(): string[] {
    return this.events.map(event => {
      if (event.type === 'resynced') return `resynced ${event.reason}`
      return 'path' in event ? `${event.type} ${event.path}` : event.type
    })
  }

  get data(): Record<string, string | null> {
    return dataOf(this.nodes)
  }

  async #follow(changes: Changes<CacheEvent>): Promise<void> {
    for await (const event of changes) {
      this.events.push(event)
      if (event.type === 'created') {
        expect(this.nodes.has(event.path), `created twice: ${event.path}`).to.equal(false)
        this.nodes.set(event.path, event.node)
      } else if (event.type === 'changed') {
        expect(this.nodes.get(event.path)).to.deep.equal(event.previous)
        expect(event.node.stat.mzxid > event.previous.stat.mzxid).to.equal(true)
        this.nodes.set(event.path, event.node)
      } else if (event.type === 'deleted') {
        expect(this.nodes.get(event.path)).to.deep.equal(event.previous)
        this.nodes.delete(event.path)
      }
    }
  }
}

/** Returns the znodes' data as text, by path. */
export function dataOf(nodes: ReadonlyMap<string, CachedNode>): Record<string, string | null> {
  const data: Record<string, string | null> = {}
  for (const node of nodes.values()) data[node.path] = node.data?.toString() ?? null
  return data
}

/** Returns the part of a dump at a path and below it. */
export function part(dump: Record<string, string | null>, path: string): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries(dump).filter(([one]) => one === path || one.startsWith(`${path}/`)),
  )
}
