/** The numbers that an entry has. */
const COLUMNS = 3
/** The fewest entries that there is room for. */
const FEWEST = 8

/** The columns of an entry. The first is 0 for no entry: then the next two are its neighbours in the list of free ids. */
export const ADDRESS = 0
export const PARENT = 1
/** The next of the siblings, 0 for none. */
export const NEXT = 2
const NEXT_FREE = 1
const PREVIOUS_FREE = 2

/**
 * Entries of three numbers, by ids from 1 on. An entry keeps its id; ids of removed entries are used again. All are in one array:
 * an entry is in one or two lines of the processor's cache.
 */
export class Entries {
  #values = new Uint32Array(COLUMNS * FEWEST)
  #count = 0
  #end = 1
  /** The first of the free ids below `end`, which are a list in both directions. */
  #free = 0

  /** The number of entries. */
  get count(): number {
    return this.#count
  }

  /** The id behind the highest one. */
  get end(): number {
    return this.#end
  }

  /** The bytes that they take. */
  get size(): number {
    return this.#values.byteLength
  }

  get(id: number, column: number): number {
    return this.#values[id * COLUMNS + column]!
  }

  set(id: number, column: number, value: number): void {
    this.#values[id * COLUMNS + column] = value
  }

  /** Adds an entry with an address, all else is 0. @returns its id. */
  add(address: number): number {
    const id = this.#free === 0 ? this.#end++ : this.#free
    if (id === this.#free) this.#takeFree(id)
    else if (this.#end * COLUMNS > this.#values.length) this.#resize()
    this.#values.fill(0, id * COLUMNS, (id + 1) * COLUMNS)
    this.set(id, ADDRESS, address)
    this.#count++
    return id
  }

  /** Removes an entry. Free ids at the end are forgotten, with their memory. */
  remove(id: number): void {
    this.#count--
    this.set(id, ADDRESS, 0)
    this.set(id, NEXT_FREE, this.#free)
    this.set(id, PREVIOUS_FREE, 0)
    if (this.#free !== 0) this.set(this.#free, PREVIOUS_FREE, id)
    this.#free = id
    while (this.#end > 1 && this.get(this.#end - 1, ADDRESS) === 0) this.#takeFree(--this.#end)
    const room = this.#values.length / COLUMNS
    if (room > FEWEST && this.#end < room / 4) this.#resize()
  }

  /** Takes an id out of the list of the free ones. */
  #takeFree(id: number): void {
    const next = this.get(id, NEXT_FREE)
    const previous = this.get(id, PREVIOUS_FREE)
    if (next !== 0) this.set(next, PREVIOUS_FREE, previous)
    if (previous !== 0) this.set(previous, NEXT_FREE, next)
    else this.#free = next
  }

  /** Makes room for a sixteenth more than there is: more would stay empty for long, and a copy costs little. */
  #resize(): void {
    const room = Math.max(FEWEST, Math.ceil(this.#end * 1.0625))
    const values = new Uint32Array(COLUMNS * room)
    values.set(this.#values.subarray(0, Math.min(this.#values.length, values.length)))
    this.#values = values
  }
}
