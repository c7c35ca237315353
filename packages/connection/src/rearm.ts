import { op, Reader, type SetWatches2, Writer, Xid } from '@zookit/jute'
import { WATCH_NAMES, type WatchName } from './watch-registry.ts'

/** Keeps a frame well under the server's limit (ZOOKEEPER-706): one is ended before it gets longer than this. */
const FRAME_BYTES = 120 * 1024
/** A frame's first memory: a session with few watches needs no more, and one with many gets full ones from then on. */
const FEW = 1024
const FULL = 128 * 1024

const CODE_AT = 8
/** The lists of a SetWatches; SetWatches2 has all five. */
const ONE_SHOT = 3

/** Where the paths of each kind of watch come from. */
export interface WatchedPaths {
  paths(name: WatchName): Iterable<string>
}

/**
 * Lays out the frames that arm every watch again, all with the same zxid, lasting kinds last. `emit` gets each as soon as
 * it is full, so that the server works on it meanwhile. SetWatches where it will do: servers before 3.6 know no
 * SetWatches2.
 */
export function rearm(watches: WatchedPaths, relativeZxid: bigint, emit: (frame: Buffer) => void): void {
  const frames = new FrameWriter(relativeZxid, emit)
  for (const [list, name] of WATCH_NAMES.entries()) {
    for (const path of watches.paths(name)) frames.add(list, path)
  }
  frames.end()
}

/** Whether a frame arms watches that stay. */
export function armsLasting(frame: Buffer): boolean {
  return frame.readInt32BE(CODE_AT) === op.setWatches2.code
}

/** The watches that a frame arms. */
export function watchesOf(frame: Buffer): SetWatches2 {
  const reader = new Reader(frame)
  reader.take(CODE_AT + 4)
  if (armsLasting(frame)) return op.setWatches2.readRequest(reader)
  return { ...op.setWatches.readRequest(reader), persistentWatches: [], persistentRecursiveWatches: [] }
}

/** Writes each path once, where it is sent from: nothing is listed or sized beforehand. */
class FrameWriter {
  readonly #zxid: bigint
  readonly #emit: (frame: Buffer) => void
  #writer = new Writer(FEW)
  /** Paths in this frame. */
  #size = 0
  /** The list being written, where its count is, and how many paths it has. */
  #list = 0
  #countAt = 0
  #count = 0

  constructor(zxid: bigint, emit: (frame: Buffer) => void) {
    this.#zxid = zxid
    this.#emit = emit
  }

  /** Adds a path to the list of that number, which is not below the last path's. */
  add(list: number, path: string): void {
    // A UTF-16 unit takes at most three bytes of UTF-8.
    if (this.#size > 0 && this.#writer.offset + path.length * 3 > FRAME_BYTES) {
      this.end()
      this.#writer = new Writer(FULL)
    }
    if (this.#size === 0) this.#begin()
    while (this.#list < list) this.#nextList()
    this.#writer.ustring(path)
    this.#size++
    this.#count++
  }

  /** Ends the frame that was begun, if one was. */
  end(): void {
    if (this.#size === 0) return
    const lasting = this.#list >= ONE_SHOT
    while (this.#list < (lasting ? WATCH_NAMES.length : ONE_SHOT) - 1) this.#nextList()
    const { view } = this.#writer
    view.setInt32(this.#countAt, this.#count)
    view.setInt32(0, this.#writer.offset - 4)
    view.setInt32(CODE_AT, (lasting ? op.setWatches2 : op.setWatches).code)
    this.#size = 0
    this.#emit(this.#writer.written())
  }

  #begin(): void {
    this.#writer.int(0).int(Xid.setWatches).int(0).long(this.#zxid)
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
