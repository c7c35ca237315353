import { Layout } from 'buffer-layout'
import { MultiHeaderLayout } from '../generated/layouts.ts'
import { multiRequestLayouts, multiResultLayouts } from '../generated/multi-layouts.ts'
import type { ErrorResponse } from '../generated/records.ts'
import { JuteError, ServerOpCode } from '../index.ts'
import type { MultiRequest, MultiResponse, MultiResult } from '../multi.ts'
import { indeterminate } from './bounds.ts'
import type { MultiLayout, Layout as Shape } from './types.ts'

type Bodies = ReadonlyMap<number, Shape<unknown> | null>
type MultiEntry = MultiRequest['operations'][number]

/** The differences between the requests and the results of a multi. */
interface Form<T, Entry> {
  readonly typeName: string
  readonly bodies: Bodies
  entriesOf(value: T): readonly Entry[]
  valueOf(entries: Entry[]): T
  /** Returns the `err` of the entry's header. */
  errOf(entry: Entry): number
  bodyOf(entry: Entry): unknown
  entryOf(type: number, body: unknown): Entry
}

const REQUEST: Form<MultiRequest, MultiEntry> = {
  typeName: 'MultiRequest',
  bodies: multiRequestLayouts,
  entriesOf: value => value.operations,
  valueOf: operations => ({ operations }),
  errOf: () => -1,
  bodyOf: entry => entry.request,
  entryOf: (type, request) => ({ type, request }) as MultiEntry,
}

const RESPONSE: Form<MultiResponse, MultiResult> = {
  typeName: 'MultiResponse',
  bodies: multiResultLayouts,
  entriesOf: value => value.results,
  valueOf: results => ({ results }),
  errOf: entry => (entry.type === ServerOpCode.error ? entry.err : 0),
  bodyOf: entry => (entry.type === ServerOpCode.error ? { err: entry.err } : entry.response),
  entryOf: (type, body) =>
    type === ServerOpCode.error
      ? { type, err: (body as ErrorResponse).err }
      : ({ type, response: body } as MultiResult),
}

class Multi<T, Entry extends { type: number }> extends Layout<T> {
  readonly kind = 'multi'
  readonly typeName: string
  readonly leastSpan: number = MultiHeaderLayout.span
  readonly header: typeof MultiHeaderLayout = MultiHeaderLayout
  readonly bodies: Bodies
  readonly form: Form<T, Entry>

  constructor(form: Form<T, Entry>) {
    super(-1)
    this.form = form
    this.typeName = form.typeName
    this.bodies = form.bodies
  }

  override decode(bytes: Buffer, offset = 0): T {
    const entries: Entry[] = []
    walk(this.bodies, bytes, offset, (type, layout, at) => {
      entries.push(this.form.entryOf(type, layout?.decode(bytes, at) ?? null))
    })
    return this.form.valueOf(entries)
  }

  override encode(value: T, bytes: Buffer, offset = 0): number {
    let at = offset
    for (const entry of this.form.entriesOf(value)) {
      const { type } = entry
      const layout = bodyLayout(this.bodies, type, at)
      at += this.header.encode({ type, done: false, err: this.form.errOf(entry) }, bytes, at)
      at += layout?.encode(this.form.bodyOf(entry), bytes, at) ?? 0
    }
    at += this.header.encode({ type: ServerOpCode.error, done: true, err: -1 }, bytes, at)
    return at - offset
  }

  override getSpan(bytes?: Buffer, offset = 0): number {
    if (bytes === undefined) return indeterminate()
    return walk(this.bodies, bytes, offset, () => {}) - offset
  }
}

/** Visits each entry's body, and returns where the multi ends. */
function walk(
  bodies: Bodies,
  bytes: Buffer,
  offset: number,
  visit: (type: number, layout: Shape<unknown> | null, at: number) => void,
): number {
  const header = MultiHeaderLayout
  let at = offset
  for (;;) {
    const { type, done } = header.decode(bytes, at)
    if (done) return at + header.span
    const layout = bodyLayout(bodies, type, at)
    at += header.span
    visit(type, layout, at)
    at += layout?.getSpan(bytes, at) ?? 0
  }
}

function bodyLayout(bodies: Bodies, type: number, at: number): Shape<unknown> | null {
  const layout = bodies.get(type)
  if (layout === undefined) throw new JuteError('UNKNOWN_TYPE', `a multi with type ${type}`, at)
  return layout
}

/** The layout of the operations of a multi or multiRead. */
export const MultiRequestLayout: MultiLayout<MultiRequest> = new Multi(REQUEST)

/** The layout of the results of a multi or multiRead. */
export const MultiResponseLayout: MultiLayout<MultiResponse> = new Multi(RESPONSE)
