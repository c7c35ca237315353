import { parentOf } from '@zookit/client'
import { mergeTasks, partsOf, type ReadTask, WHOLE } from './read-task.ts'

/** The znodes of which nothing is to be remembered are forgotten when there are more of them, and they are that part of all. */
const UNUSED = 1000
const UNUSED_SHARE = 0.9

/** The bit of a znode for which a synchronisation waits, beside those of its parts. */
const OWED = 4

/**
 * The reads of one znode: the one that is under way, whose task it is, and the one that is to begin next. One object for all that
 * a scan has to remember of a znode: a Map for each fact would be most of the cost of a large one.
 */
export class ZnodeReads implements ReadTask {
  readonly path: string
  node: ReadTask['node'] = 'none'
  list = false
  epoch = 0
  knownLength = -1
  isReading = false
  /** True if an event has come during the read, which may tell of a state before the event. */
  isOvertaken = false
  /** The read that is to begin. */
  next: ReadTask | null = null
  /** The parts of which no answer has come since they were requested, and OWED. */
  left = 0

  constructor(path: string) {
    this.path = path
  }
}

/**
 * The znodes that may differ from a cache's table, and the reads of them.
 *
 * A read starts at once if there is room. Otherwise it waits, and waiting reads start together when half of the earlier ones are
 * done: the server has work while answers are taken, and a backlog of n znodes is 2n / size writes to the connection. Reads of a
 * znode that is being read wait for that, and are then made once, however often they were requested.
 */
export class Reads {
  readonly #size: number
  readonly #read: (reads: readonly ZnodeReads[]) => void
  readonly #znodes = new Map<string, ZnodeReads>()
  /** The znodes whose next read waits for room, in the order of the requests; those before `#head` have begun. */
  #queue: ZnodeReads[] = []
  #head = 0
  #reading = 0
  #isFull = false
  #unread = 0
  #owed = 0
  /** The znodes of which nothing is to be remembered: to forget all at once costs less than to forget each. */
  #unused = 0

  /** @param read is given the reads that start together, and calls `done` for each. Never throws. */
  constructor(size: number, read: (reads: readonly ZnodeReads[]) => void) {
    this.#size = size
    this.#read = read
  }

  /** True while a part of a znode was requested, and no answer has come. */
  get isBehind(): boolean {
    return this.#unread > 0
  }

  /**
   * Adds a read, or merges it with a waiting one of the same znode.
   *
   * @param isOwed true if a synchronisation waits for it.
   */
  add(task: ReadTask, isOwed: boolean): void {
    this.#add(task, isOwed)
    this.#send()
  }

  /** Adds reads that may start together. */
  addAll(tasks: readonly ReadTask[], isOwed: boolean): void {
    for (const task of tasks) this.#add(task, isOwed)
    this.#send()
  }

  /** Makes a read again that has failed. */
  repeat(task: ReadTask): void {
    this.#queueUp(this.#of(task.path), task)
    this.#send()
  }

  /** Tells if a read of a znode has begun, and its result is not known yet. */
  isReading(path: string): boolean {
    return this.#znodes.get(path)?.isReading ?? false
  }

  /** Notes an event of a znode, which also says something about the children of its parent. */
  overtake(path: string): void {
    if (this.#reading === 0) return
    for (const one of [path, parentOf(path)]) {
      const znode = one === null ? undefined : this.#znodes.get(one)
      if (znode !== undefined) znode.isOvertaken = true
    }
  }

  /**
   * Notes an answer. What the read that follows the present one is to find out again stays unread.
   *
   * @param read the znode's reads, or its path.
   * @param parts the parts that the answer tells of.
   */
  answered(read: ZnodeReads | string, parts: number): void {
    const znode = typeof read === 'string' ? this.#znodes.get(read) : read
    if (znode === undefined) return
    this.#clear(znode, znode.isReading ? parts & ~partsOf(znode.next) : parts)
  }

  /** Notes that a znode's table entry is right, whatever its reads tell. */
  known(path: string): void {
    const znode = this.#znodes.get(path)
    if (znode !== undefined) this.#clear(znode, WHOLE)
  }

  /** Notes that the read is done for which a synchronisation waits. @returns true if it was the last one. */
  settled(znode: ZnodeReads): boolean {
    if ((znode.left & OWED) === 0) return false
    znode.left &= ~OWED
    this.#leave(znode)
    return --this.#owed === 0
  }

  /** Ends a read. */
  done(znode: ZnodeReads): void {
    znode.isReading = false
    this.#reading--
    if (znode.next !== null) this.#queue.push(znode)
    else this.#leave(znode)
    if (this.#reading <= this.#size / 2) this.#isFull = false
    this.#send()
  }

  /** Forgets everything but the reads that are under way. */
  clear(): void {
    const reading = this.#reading === 0 ? [] : [...this.#znodes.values()].filter(znode => znode.isReading)
    this.#znodes.clear()
    this.#queue = []
    this.#head = this.#unread = this.#owed = this.#unused = 0
    for (const znode of reading) {
      znode.next = null
      znode.left = 0
      this.#znodes.set(znode.path, znode)
    }
  }

  #add(task: ReadTask, isOwed: boolean): void {
    const znode = this.#of(task.path)
    const parts = partsOf(task)
    if (parts !== 0 && (znode.left & ~OWED) === 0) this.#unread++
    if (isOwed && (znode.left & OWED) === 0) this.#owed++
    znode.left |= isOwed ? parts | OWED : parts
    this.#queueUp(znode, task)
  }

  #of(path: string): ZnodeReads {
    let znode = this.#znodes.get(path)
    if (znode === undefined) {
      znode = new ZnodeReads(path)
      this.#znodes.set(path, znode)
    } else if (isUnused(znode)) this.#unused--
    return znode
  }

  #queueUp(znode: ZnodeReads, task: ReadTask): void {
    if (znode.next !== null) znode.next = mergeTasks(znode.next, task)
    else {
      znode.next = task
      if (!znode.isReading) this.#queue.push(znode)
    }
  }

  #clear(znode: ZnodeReads, parts: number): void {
    const left = znode.left & ~parts
    if (left === znode.left) return
    if ((left & ~OWED) === 0 && (znode.left & ~OWED) !== 0) this.#unread--
    znode.left = left
    this.#leave(znode)
  }

  /** Takes note that there is less to be remembered of a znode. */
  #leave(znode: ZnodeReads): void {
    if (!isUnused(znode)) return
    this.#unused++
    const { size } = this.#znodes
    if (this.#unused === size) this.#znodes.clear()
    else if (this.#unused > UNUSED && this.#unused > size * UNUSED_SHARE) this.#forgetUnused()
    else return
    this.#unused = 0
  }

  #forgetUnused(): void {
    const used = [...this.#znodes.values()].filter(znode => !isUnused(znode))
    this.#znodes.clear()
    for (const znode of used) this.#znodes.set(znode.path, znode)
  }

  #send(): void {
    if (this.#isFull || this.#head === this.#queue.length) return
    const begun: ZnodeReads[] = []
    while (this.#head < this.#queue.length) {
      if (this.#reading >= this.#size) {
        this.#isFull = true
        break
      }
      begun.push(this.#begin(this.#queue[this.#head++]!))
    }
    if (this.#head === this.#queue.length) {
      this.#queue = []
      this.#head = 0
    }
    this.#read(begun)
  }

  #begin(znode: ZnodeReads): ZnodeReads {
    const { node, list, epoch, knownLength } = znode.next!
    znode.node = node
    znode.list = list
    znode.epoch = epoch
    znode.knownLength = knownLength
    znode.isOvertaken = false
    znode.next = null
    znode.isReading = true
    this.#reading++
    return znode
  }
}

function isUnused({ left, next, isReading }: ZnodeReads): boolean {
  return left === 0 && next === null && !isReading
}
