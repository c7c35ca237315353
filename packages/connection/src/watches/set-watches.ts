import { op, Writer, Xid } from '@zookit/jute'
import { WATCH_NAMES, type WatchName } from './watch-registry.ts'

/** Keeps a frame well under the server's limit (ZOOKEEPER-706): one is ended before it gets longer than this. */
const FRAME_BYTES = 120 * 1024
/** The first memory: a session with few watches needs no more, and one with many gets what it needs at once. */
const FEW = 1024
const CODE_AT = 8
/** The lists of a SetWatches; SetWatches2 has all five. */
const ONE_SHOT = 3
/** So many paths are written at once. */
const PIECE = 256

/** Where the paths of each kind of watch come from. */
export interface WatchedPaths {
  paths(name: WatchName): Iterable<string>
}

/** Some paths of one kind. */
export type Piece = readonly [name: WatchName, paths: readonly string[]]

/** The watches of one frame. */
export interface Rearmed {
  pieces: readonly Piece[]
  /** Whether some of them stay: those need a SetWatches2, which servers before 3.6 do not know. */
  lasting: boolean
}

/** Sends a frame. @returns how many bytes of it are held: with 0 its memory is used for the next one. */
export type EmitRearmed = (frame: Buffer, rearmed: Rearmed) => number

/**
 * Lays out the frames that arm every watch again, all with the same zxid, lasting kinds last. `emit` gets each as soon as
 * it is full, so that the server works on it meanwhile.
 */
export function rearm(watches: WatchedPaths, relativeZxid: bigint, emit: EmitRearmed): void {
  const frames = new FrameWriter(relativeZxid, emit)
  for (const name of WATCH_NAMES) {
    // A reconnect is rare, and code that runs rarely is slow: what is done for each path is left to native code, or to a
    // function of a few paths, which is compiled after some of them (6 of 16 ms, for 100 000).
    const all = [...watches.paths(name)]
    for (let i = 0; i < all.length; i += PIECE) frames.add(name, all.slice(i, i + PIECE))
  }
  frames.end()
}

/** Writes each path once, where it is sent from, and every frame into the same memory as long as that is free. */
class FrameWriter {
  readonly #zxid: bigint
  readonly #emit: EmitRearmed
  #writer = new Writer(FEW)
  /** What this frame has. */
  #pieces: Piece[] = []
  /** The list being written, where its count is, and how many paths it has. */
  #list = 0
  #countAt = 0
  #count = 0

  constructor(zxid: bigint, emit: EmitRearmed) {
    this.#zxid = zxid
    this.#emit = emit
  }

  /** Adds paths of a kind that does not come before the last one's. */
  add(name: WatchName, paths: readonly string[]): void {
    if (this.#pieces.length === 0) this.#begin()
    const { offset } = this.#writer
    const [list, countAt, count] = [this.#list, this.#countAt, this.#count]
    while (WATCH_NAMES[this.#list] !== name) this.#nextList()
    this.#writer.ustrings(paths)
    if (this.#writer.offset <= FRAME_BYTES || (this.#pieces.length === 0 && paths.length === 1)) {
      this.#count += paths.length
      this.#pieces.push([name, paths])
      return
    }
    this.#writer.offset = offset
    ;[this.#list, this.#countAt, this.#count] = [list, countAt, count]
    this.#addApart(name, paths)
  }

  /** What does not fit into this frame goes into the next one, or into more than one. */
  #addApart(name: WatchName, paths: readonly string[]): void {
    if (this.#pieces.length > 0) {
      this.end()
      this.add(name, paths)
    } else {
      this.add(name, paths.slice(0, paths.length >> 1))
      this.add(name, paths.slice(paths.length >> 1))
    }
  }

  /** Ends the frame that was begun, if one was. */
  end(): void {
    if (this.#pieces.length === 0) return
    const lasting = this.#list >= ONE_SHOT
    while (this.#list < (lasting ? WATCH_NAMES.length : ONE_SHOT) - 1) this.#nextList()
    const { view, offset } = this.#writer
    view.setInt32(this.#countAt, this.#count)
    view.setInt32(0, offset - 4)
    view.setInt32(CODE_AT, (lasting ? op.setWatches2 : op.setWatches).code)
    const rearmed = { pieces: this.#pieces, lasting }
    this.#pieces = []
    if (this.#emit(this.#writer.written(), rearmed) > 0) this.#writer = new Writer(offset)
  }

  #begin(): void {
    this.#writer.reset().int(0).int(Xid.setWatches).int(0).long(this.#zxid)
    this.#list = 0
    this.#beginList()
  }

  #nextList(): void {
    this.#writer.view.setInt32(this.#countAt, this.#count)
    this.#list++
    this.#beginList()
  }

  #beginList(): void {
    this.#countAt = this.#writer.take(4)
    this.#count = 0
  }
}
