import { op, Writer, Xid } from '@zookit/jute'
import { WATCH_NAMES, type WatchName } from './watch-registry.ts'

/** The length at which a frame is ended, in bytes: well under the server's limit (ZOOKEEPER-706). */
const FRAME_BYTES = 120 * 1024
/** The first memory: enough for a session with few watches. One with many gets what it needs at once. */
const FEW = 1024
const CODE_AT = 8
/** The number of lists in a SetWatches, those of one-shot watches; a SetWatches2 has all five. */
const ONE_SHOT = 3
/** The number of paths that are written at once. */
const PIECE = 256

/** The source of the paths of each kind of watch. */
export interface WatchedPaths {
  paths(name: WatchName): Iterable<string>
}

/** Some paths of one kind. */
type Piece = readonly [name: WatchName, paths: readonly string[]]

/** The watches of one frame. */
export interface SetWatchesContent {
  pieces: readonly Piece[]
  /** True if some of them are persistent or recursive: those need a SetWatches2, which servers before 3.6 do not know. */
  lasting: boolean
}

/** Sends a frame. @returns how many bytes of it are held: at 0 its memory is reused for the next frame. */
export type EmitSetWatches = (frame: Buffer, content: SetWatchesContent) => number

/**
 * Encodes the frames that set every watch on a new connection, all with the same zxid, persistent and recursive watches
 * last. `emit` gets each frame as soon as it is full, so that the server works on it meanwhile.
 */
export function encodeSetWatches(watches: WatchedPaths, relativeZxid: bigint, emit: EmitSetWatches): void {
  const frames = new FrameWriter(relativeZxid, emit)
  for (const name of WATCH_NAMES) {
    // A reconnect is rare, so this code is seldom compiled. Native code and a function for each piece do the work of
    // each path; the latter is compiled after a few pieces (it saves 6 of 16 ms for 100 000 paths).
    const all = [...watches.paths(name)]
    for (let i = 0; i < all.length; i += PIECE) frames.add(name, all.slice(i, i + PIECE))
  }
  frames.end()
}

/** Writes each path once, where it is sent from, and every frame into the same memory while that is free. */
class FrameWriter {
  readonly #zxid: bigint
  readonly #emit: EmitSetWatches
  #writer = new Writer(FEW)
  /** The content of the frame being written. */
  #pieces: Piece[] = []
  /** The list being written, the offset of its count, and the number of its paths. */
  #list = 0
  #countAt = 0
  #count = 0

  constructor(zxid: bigint, emit: EmitSetWatches) {
    this.#zxid = zxid
    this.#emit = emit
  }

  /** Adds paths. Kinds must come in the order of `WATCH_NAMES`. */
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

  /** Adds paths that do not fit into this frame to the next one, or to several. */
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
    const content = { pieces: this.#pieces, lasting }
    this.#pieces = []
    if (this.#emit(this.#writer.written(), content) > 0) this.#writer = new Writer(offset)
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
