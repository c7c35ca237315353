import { CreateFlag, op, Perm, type SetWatches, Writer, Xid } from '@zookit/jute'
import { SCRATCH } from '../../stub/control.ts'
import type { Cell, RequestLoad } from '../support/cell.ts'

/** The number of frames of a load, each with an xid of its own. They are sent again and again. Long ones are fewer. */
const FRAMES = 4096
const MAX_BYTES = 64 * 1024 * 1024
const WATCHES_AT_A_TIME = 128 * 1024
const TIMEOUT = 30_000

type Body = (writer: Writer) => void

/** A request: its opcode and its body. */
type Shape = readonly [{ code: number }, Body]

/** Frames that were built in advance, one behind the other in one block. */
export interface Frames {
  block: Buffer
  /** Each frame, a view of the block. */
  each: Buffer[]
  /** The number of frames of one operation: two for a create with its delete. */
  perOperation: number
}

function append(writer: Writer, xid: number, { code }: { code: number }, body: Body): void {
  const start = writer.offset
  writer.int(0).int(xid).int(code)
  body(writer)
  writer.view.setInt32(start, writer.offset - start - 4)
}

function frameOf(xid: number, operation: { code: number }, body: Body): Buffer {
  const writer = new Writer(1024)
  append(writer, xid, operation, body)
  return writer.written()
}

/** Returns the requests of a load, which take turns; `turn` counts them. */
function shapes({ load, node, payload, parent, connection = 0 }: Cell): ((turn: number) => Shape)[] {
  const data = Buffer.alloc(payload, 'x')
  const acl = [{ perms: Perm.ALL, id: { scheme: 'world', id: 'anyone' } }]
  const read = { path: node, watch: false }
  const write = { path: node, data, version: -1 }
  const scratch = (turn: number): string => `${SCRATCH}/${process.pid}-${connection}-${turn}`
  const getData = (): Shape => [op.getData, writer => op.getData.writeRequest(writer, read)]
  const setData = (): Shape => [op.setData, writer => op.setData.writeRequest(writer, write)]
  const list = { path: parent, watch: false }
  const operations = new Array<{ type: 5; request: typeof write }>(10).fill({ type: 5, request: write })
  const all: Record<RequestLoad, ((turn: number) => Shape)[]> = {
    getData: [getData],
    setData: [setData],
    exists: [() => [op.exists, writer => op.exists.writeRequest(writer, read)]],
    getChildren: [() => [op.getChildren2, writer => op.getChildren2.writeRequest(writer, list)]],
    mixed: [...new Array<() => Shape>(9).fill(getData), setData],
    multi: [() => [op.multi, writer => op.multi.writeRequest(writer, { operations })]],
    createDelete: [
      turn => {
        const request = { path: scratch(turn), data, acl, flags: CreateFlag.persistent }
        return [op.create, writer => op.create.writeRequest(writer, request)]
      },
      turn => {
        const request = { path: scratch(turn - 1), version: -1 }
        return [op.delete, writer => op.delete.writeRequest(writer, request)]
      },
    ],
  }
  return all[load as RequestLoad]
}

/** Builds the frames of a load. */
export function framesOf(cell: Cell): Frames {
  const turns = shapes(cell)
  const size = cell.payload * (cell.load === 'multi' ? 10 : 1) + 100
  const wanted = Math.min(FRAMES, Math.max(16, Math.floor(MAX_BYTES / size)))
  const count = Math.ceil(wanted / turns.length) * turns.length
  const writer = new Writer(count * 128)
  const starts: number[] = []
  for (let turn = 0; turn < count; turn++) {
    starts.push(writer.offset)
    append(writer, turn + 1, ...turns[turn % turns.length]!(turn))
  }
  const block = writer.written()
  const each = starts.map((start, index) => block.subarray(start, starts[index + 1] ?? block.length))
  return { block, each, perOperation: cell.load === 'createDelete' ? 2 : 1 }
}

/** Builds the frames that set a data watch on each path, and those that set the watches again on a new connection. */
export function watchFrames(paths: readonly string[]): { arm: Buffer[]; setAgain: Buffer[] } {
  const exists = (path: string, index: number): Buffer =>
    frameOf(index + 1, op.exists, writer => op.exists.writeRequest(writer, { path, watch: true }))
  return { arm: paths.map(exists), setAgain: chunks(paths).map(setWatches) }
}

function setWatches(dataWatches: string[]): Buffer {
  const body: SetWatches = { relativeZxid: 1n << 62n, dataWatches, existWatches: [], childWatches: [] }
  return frameOf(Xid.setWatches, op.setWatches, writer => op.setWatches.writeRequest(writer, body))
}

function chunks(paths: readonly string[]): string[][] {
  const found: string[][] = []
  let room = 0
  for (const path of paths) {
    if (room <= 0) {
      found.push([])
      room = WATCHES_AT_A_TIME
    }
    found.at(-1)!.push(path)
    room -= 4 + path.length
  }
  return found
}

/** Builds a handshake for a new session, or for the session of a previous answer. */
export function handshake(previous?: Buffer): Buffer {
  const writer = new Writer(64)
  writer.int(45).int(0).long(0n).int(TIMEOUT)
  writer.long(previous ? previous.readBigInt64BE(12) : 0n)
  writer.buffer(previous ? previous.subarray(24, 40) : Buffer.alloc(16))
  return writer.boolean(false).written()
}

export const CLOSE: Buffer = frameOf(1, op.closeSession, () => {})
