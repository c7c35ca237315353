import type { Stat } from '@zookit/client'
import { ADDRESS, Entries, NEXT, PARENT } from './entries.ts'
import { IdIndex } from './id-index.ts'
import { hashed, isLong, Records, type State } from './records.ts'

const SLASH = 47

/** The address of an entry that was removed, and is still in the list of its siblings. No record has it. */
const GONE = 1

/**
 * Znodes by path, without an object for any of them. Each is an entry, by an id that it keeps as long as it is there: its record,
 * its parent and the next of its siblings. Ancestors of znodes have entries too, with a bare record if nothing is
 * known of them.
 */
export class PathTree {
  readonly #entries = new Entries()
  readonly #records = new Records()
  /** Every entry but that of `/`, by parent and name. */
  readonly #index = new IdIndex(id =>
    this.#records.hash(this.#address(id), this.#seedOf(this.#entries.get(id, PARENT))),
  )
  /** The first child of each parent, by parent. */
  readonly #families = new IdIndex(id => this.#entries.get(id, PARENT))
  /** The number of entries that are gone, and not yet out of the lists of siblings. */
  #gone = 0
  /** Long data, by id. */
  readonly #long = new Map<number, Buffer>()
  /** The id of `/`; 0 for none. */
  #top = 0
  /** The last parent, and its path with a slash: the next look is most often for another of its children. 0 for none. */
  #lastParent = 0
  #lastPrefix = ''
  /** The last path that was looked for, and its id: the same one is most often looked for several times. */
  #lastPath = ''
  #lastFound = 0

  readonly #salt: number

  /** @param salt a number that others do not know: names that they choose cannot be made to have one hash. */
  constructor(salt: number) {
    this.#salt = salt
  }

  /** The lowest id that was not used. */
  get end(): number {
    return this.#entries.end
  }

  /** The bytes that it takes. */
  get size(): number {
    let long = 0
    for (const { length } of this.#long.values()) long += length
    return this.#entries.size + this.#records.size + this.#index.size + this.#families.size + long
  }

  /** Returns the id of a path; 0 if it is neither a znode nor an ancestor of one. */
  find(path: string): number {
    if (path !== this.#lastPath) {
      this.#lastFound = this.#find(path)
      this.#lastPath = path
    }
    return this.#lastFound
  }

  /** Says whether the state of a znode is known. */
  isKnown(id: number): boolean {
    const address = this.#entries.get(id, ADDRESS)
    return address > GONE && !this.#records.isBare(address)
  }

  /** Adds a znode whose state is not known, or a new one. @param id what `find` has returned. */
  add(id: number, path: string, state: State): void {
    this.#forgetLast()
    const added = id === 0 ? this.#addPath(path, state) : id
    if (id !== 0) this.#replace(id, state)
    this.#keepLong(added, state)
  }

  /** Replaces the state of a znode. */
  set(id: number, state: State): void {
    this.#long.delete(id)
    this.#replace(id, state)
    this.#keepLong(id, state)
  }

  /** Removes an entry that has no children. @returns the id of its parent; 0 for none. */
  remove(id: number): number {
    this.#forgetLast()
    const parent = this.#entries.get(id, PARENT)
    if (id === this.#lastParent) this.#setLast(0, '')
    this.#long.delete(id)
    if (id !== this.#top) this.#index.remove(id)
    this.#records.free(this.#address(id))
    if (id === this.#top) {
      this.#top = 0
      this.#entries.remove(id)
    } else if (this.firstChild(parent) === id) this.#removeFirst(id)
    else this.#leave(id)
    if (this.#records.isWasteful) this.#compact()
    return parent
  }

  /** Removes the bare entries that have no children, from one on upwards. */
  prune(id: number): void {
    while (id !== 0 && this.firstChild(id) === 0 && !this.isKnown(id)) id = this.remove(id)
  }

  /** Returns the id of the child of a name; 0 for none. */
  child(parent: number, name: string): number {
    return this.#childOf(parent, name, 0, name.length)
  }

  /** Returns the id of a child; 0 for none. */
  firstChild(parent: number): number {
    const families = this.#families
    for (let slot = families.first(parent); slot >= 0; slot = families.next(parent, slot)) {
      const id = families.at(slot)
      if (this.#entries.get(id, PARENT) === parent) return id
    }
    return 0
  }

  /** Returns the id of the next child of the same parent; 0 for none. Forgets those in between that are gone. */
  nextSibling(id: number): number {
    const entries = this.#entries
    const next = entries.get(id, NEXT)
    let sibling = next
    while (sibling !== 0 && this.#address(sibling) === GONE) {
      const after = entries.get(sibling, NEXT)
      entries.remove(sibling)
      this.#gone--
      sibling = after
    }
    if (sibling !== next) entries.set(id, NEXT, sibling)
    return sibling
  }

  nameOf(id: number): string {
    return this.#records.name(this.#address(id))
  }

  pathOf(id: number): string {
    const parent = this.#entries.get(id, PARENT)
    if (parent === 0) return '/'
    if (parent !== this.#lastParent) {
      this.#setLast(parent, this.#prefixOf(parent))
    }
    return this.#lastPrefix + this.nameOf(id)
  }

  statOf(id: number): Stat {
    return this.#records.stat(this.#address(id))
  }

  czxidOf(id: number): bigint {
    return this.#records.czxid(this.#address(id))
  }

  mzxidOf(id: number): bigint {
    return this.#records.mzxid(this.#address(id))
  }

  dataLengthOf(id: number): number {
    return this.#records.dataLength(this.#address(id))
  }

  /** Returns a copy of the data, or the Buffer that was read if they are long. */
  dataOf(id: number): Buffer | null {
    const address = this.#address(id)
    return this.#records.isAside(address) ? this.#long.get(id)! : this.#records.data(address)
  }

  #find(path: string): number {
    if (path.charCodeAt(0) !== SLASH) return 0
    if (path.length === 1) return this.#top
    if (path.length === this.#lastPrefix.length - 1 && isStart(path, this.#lastPrefix))
      return this.#lastParent
    const isBelow = isStart(this.#lastPrefix, path)
    let id = isBelow ? this.#lastParent : this.#top
    for (let from = isBelow ? this.#lastPrefix.length : 1; id !== 0; ) {
      const to = endOfName(path, from)
      const child = this.#childOf(id, path, from, to)
      if (to === path.length) {
        if (child !== 0 && id !== this.#lastParent) this.#setLast(id, path.slice(0, from))
        return child
      }
      id = child
      from = to + 1
    }
    return 0
  }

  #forgetLast(): void {
    this.#lastPath = ''
    this.#lastFound = 0
  }

  #setLast(parent: number, prefix: string): void {
    this.#lastParent = parent
    this.#lastPrefix = prefix
  }

  /** Returns the hash with which those of the names of a parent's children begin. */
  #seedOf(parent: number): number {
    return Math.imul(parent, 0x9e3779b1) ^ this.#salt
  }

  #address(id: number): number {
    return this.#entries.get(id, ADDRESS)
  }

  /** Returns the id of a child whose name is what a path has from `from` on, up to `to`; 0 for none. */
  #childOf(parent: number, path: string, from: number, to: number): number {
    let hash = this.#seedOf(parent)
    for (let i = from; i < to; i++) hash = hashed(hash, path.charCodeAt(i))
    const index = this.#index
    for (let slot = index.first(hash); slot >= 0; slot = index.next(hash, slot)) {
      const id = index.at(slot)
      const isChild = this.#entries.get(id, PARENT) === parent
      if (isChild && this.#records.isNamed(this.#address(id), path, from, to)) return id
    }
    return 0
  }

  /** Adds an entry for a path, and bare ones for its ancestors that have none. */
  #addPath(path: string, state: State): number {
    if (path === '/') return (this.#top = this.#entries.add(this.#records.create('', 0, 0, state)))
    if (this.#top === 0) this.#top = this.#entries.add(this.#records.create('', 0, 0, null))
    const isBelow = isStart(this.#lastPrefix, path)
    let id = isBelow ? this.#lastParent : this.#top
    for (let from = isBelow ? this.#lastPrefix.length : 1; from <= path.length; ) {
      const to = endOfName(path, from)
      const isLast = to === path.length
      if (isLast && id !== this.#lastParent) this.#setLast(id, path.slice(0, from))
      const child = this.#childOf(id, path, from, to)
      id = child || this.#addChild(id, this.#records.create(path, from, to, isLast ? state : null))
      from = to + 1
    }
    return id
  }

  #addChild(parent: number, address: number): number {
    const entries = this.#entries
    const id = entries.add(address)
    entries.set(id, PARENT, parent)
    this.#index.add(id)
    // Behind the first of its siblings, which stays the first.
    const first = this.firstChild(parent)
    if (first === 0) {
      this.#families.add(id)
      return id
    }
    entries.set(id, NEXT, entries.get(first, NEXT))
    entries.set(first, NEXT, id)
    return id
  }

  /** Removes the entry of the first of some siblings. */
  #removeFirst(id: number): void {
    const next = this.nextSibling(id)
    this.#families.remove(id)
    if (next !== 0) this.#families.add(next)
    this.#entries.remove(id)
  }

  /** Leaves an entry in the list of its siblings until somebody goes through that, or a fifth of all are such ones. */
  #leave(id: number): void {
    const entries = this.#entries
    entries.set(id, ADDRESS, GONE)
    if (++this.#gone < entries.count / 5) return
    for (let one = 1; one < entries.end; one++) if (this.#address(one) > GONE) this.nextSibling(one)
  }

  #keepLong(id: number, { data }: State): void {
    if (data !== null && isLong(data)) this.#long.set(id, data)
  }

  #replace(id: number, state: State): void {
    this.#entries.set(id, ADDRESS, this.#records.replace(this.#address(id), state))
    if (this.#records.isWasteful) this.#compact()
  }

  /** Moves the records out of the slabs that have the fewest. */
  #compact(): void {
    const entries = this.#entries
    const isChosen = this.#records.choose()
    for (let id = 1; id < entries.end; id++) {
      const address = entries.get(id, ADDRESS)
      if (isChosen(address)) entries.set(id, ADDRESS, this.#records.move(address))
    }
  }

  #prefixOf(id: number): string {
    let prefix = '/'
    for (let at = id; at !== this.#top; at = this.#entries.get(at, PARENT))
      prefix = `/${this.nameOf(at)}${prefix}`
    return prefix
  }
}

/** Says whether a text is the beginning of another: their ends differ first. */
function isStart(start: string, text: string): boolean {
  if (start.length === 0 || start.length > text.length) return false
  for (let i = start.length - 1; i >= 0; i--) if (start.charCodeAt(i) !== text.charCodeAt(i)) return false
  return true
}

/** Returns where a name in a path ends that begins at `from`. */
function endOfName(path: string, from: number): number {
  // For names of usual length, this takes less time than `indexOf`.
  let end = from
  while (end < path.length && path.charCodeAt(end) !== SLASH) end++
  return end
}
