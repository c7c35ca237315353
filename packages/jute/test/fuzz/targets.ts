import { Dissector, dissectFrame, formatFrame } from '../../src/dissect.ts'
import * as jute from '../../src/index.ts'
import { Framer, JuteError, op, Reader } from '../../src/index.ts'
import * as layouts from '../../src/layout.ts'
import type { AllocationMeter } from '../support/allocations.ts'
import { FRAME_CASES, fixtures } from '../support/wire.ts'
import type { Random } from './mutate.ts'

/** Every recorded frame, without its length. */
export const CORPUS: readonly Buffer[] = FRAME_CASES.map(each => each.frame)

/** A frame on which something was done that must not be. */
class Finding extends Error {}

type Read = (reader: Reader) => unknown

const rows = op.operations

/** Every reader that this package has: of records, of bodies, and of headers with a body behind them. */
const READERS: readonly Read[] = [
  ...Object.entries(jute as unknown as { [name: string]: Read })
    .filter(([name]) => /^read[A-Z]/.test(name))
    .map(([, read]) => read),
  ...rows.flatMap(row => [row.readRequest, row.readResponse]),
  reader => {
    const { type } = jute.readRequestHeader(reader)
    return rows.find(row => row.code === type)?.readRequest(reader)
  },
  ...rows.map(
    (row): Read =>
      reader => [jute.readReplyHeader(reader), row.readResponse(reader)],
  ),
]

const LAYOUTS: readonly [layouts.Layout<unknown>, Read][] = [
  ...Object.entries(layouts as unknown as { [name: string]: layouts.Layout<unknown> })
    .filter(([name]) => name.endsWith('Layout'))
    .map(([name, layout]): [layouts.Layout<unknown>, Read] => {
      const read = `read${name.slice(0, -'Layout'.length)}`
      return [layout, (jute as unknown as { [name: string]: Read })[read]!]
    }),
]

/** A way to read one frame, which throws a `Finding` where something is wrong. */
export interface Target {
  readonly name: string
  /** The probability that it is chosen, relative to the others. */
  readonly weight: number
  readonly run: (bytes: Buffer, random: Random, meter: AllocationMeter) => string
}

/** Returns the code of the JuteError that `work` throws; anything else that is thrown is a finding. */
function outcome(work: () => void): string {
  try {
    work()
    return 'OK'
  } catch (error) {
    if (JuteError.is(error)) return error.code
    throw new Finding('something else than a JuteError was thrown', { cause: error })
  }
}

/** Reading may copy each byte once, so it never asks for more than there is. */
function within(limit: number, meter: AllocationMeter, work: () => string): string {
  const before = meter.total
  const result = work()
  const asked = meter.total - before
  if (asked > limit) throw new Finding(`${asked} bytes were allocated where ${limit} would do`)
  return result
}

const reader = new Reader()

function readers(bytes: Buffer, random: Random, meter: AllocationMeter): string {
  const read = random.pick(READERS)
  return within(bytes.length, meter, () =>
    outcome(() => {
      read(reader.reset(bytes))
      if (reader.offset > reader.limit) throw new Finding('the reader stands behind its limit')
    }),
  )
}

function layoutsToo(bytes: Buffer, random: Random, meter: AllocationMeter): string {
  const [layout, read] = random.pick(LAYOUTS)
  let span = 0
  const slow = within(bytes.length, meter, () =>
    outcome(() => {
      layout.decode(bytes)
      span = layout.getSpan(bytes)
    }),
  )
  const fast = outcome(() => read(reader.reset(bytes)))
  if (slow !== fast) throw new Finding(`the layout says ${slow}, the codec ${fast}`)
  if (slow === 'OK' && span !== reader.offset)
    throw new Finding('the layout and the codec end at different bytes')
  return slow
}

const MAX_FRAME = 4096

function framer(bytes: Buffer, random: Random, meter: AllocationMeter): string {
  const cutter = new Framer(MAX_FRAME, 256)
  const length =
    random.below(4) === 0 ? random.pick([-1, -5, 0, MAX_FRAME + 1, bytes.length + 7]) : bytes.length
  const head = Buffer.allocUnsafe(4)
  head.writeInt32BE(length)
  const stream = Buffer.concat([head, bytes, head, bytes])
  // A frame of the longest kind, and twice what was pushed at once.
  return within(MAX_FRAME + 4 + 2 * stream.length, meter, () =>
    outcome(() => {
      for (let at = 0; at < stream.length; ) {
        const end = Math.min(stream.length, at + 1 + random.below(stream.length))
        cutter.push(stream.subarray(at, end))
        at = end
        while (cutter.next()) random.pick(READERS)(cutter.reader)
      }
    }),
  )
}

const OPCODES = [...fixtures.calls.map(call => call.opcode), 0, -1]

function dissect(bytes: Buffer, random: Random): string {
  const frame = dissectFrame(bytes, {
    side: random.below(2) === 0 ? 'client' : 'server',
    handshake: random.below(8) === 0,
    opcode: random.pick(OPCODES),
    showSecrets: random.below(2) === 0,
  })
  const fields = frame.fields.reduce((sum, field) => sum + field.length, 0)
  if (fields !== bytes.length) throw new Finding('the fields are not the frame')
  if (formatFrame(frame).length === 0) throw new Finding('a frame without a text')
  return frame.fault?.code ?? 'OK'
}

function dissectStream(bytes: Buffer, random: Random): string {
  const dissector = new Dissector({ handshake: random.below(2) === 0, maxFrame: MAX_FRAME })
  let fault: string | undefined
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + random.below(bytes.length)
    for (const frame of dissector.push(
      random.below(2) === 0 ? 'client' : 'server',
      bytes.subarray(at, end),
    )) {
      fault ??= frame.fault?.code
    }
    at = end
  }
  for (const frame of dissector.end()) fault ??= frame.fault?.code
  return fault ?? 'OK'
}

/** The dissectors print every field, which takes twenty times what a codec takes. */
export const TARGETS: readonly Target[] = [
  { name: 'readers', weight: 60, run: readers },
  { name: 'layouts', weight: 12, run: layoutsToo },
  { name: 'framer', weight: 12, run: framer },
  { name: 'dissectFrame', weight: 1, run: dissect },
  { name: 'Dissector', weight: 1, run: dissectStream },
]
