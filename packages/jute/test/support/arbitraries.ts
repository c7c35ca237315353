import fc, { type Arbitrary } from 'fast-check'
import { type Field, type JuteType, loadSpec } from '../../../../protocol-spec/printers/spec.ts'
import type { MultiRequest, MultiResponse } from '../../src/index.ts'

/** The data of protocol-spec, read again: arbitraries use nothing that was printed from it. */
export const spec: ReturnType<typeof loadSpec> = loadSpec()

const INT = fc.oneof(fc.constantFrom(-(2 ** 31), -1, 0, 2 ** 31 - 1), fc.integer())
const LONG = fc.oneof(
  fc.constantFrom(-(2n ** 63n), -1n, 0n, 2n ** 53n + 1n, 2n ** 63n - 1n),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
)
const TEXT = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.constantFrom('', '/', '__proto__'))
const BYTES = fc.uint8Array({ maxLength: 80 }).map(bytes => Buffer.from(bytes))

/** Returns any value that a record can have. */
export function recordArbitrary(name: string): Arbitrary<{ readonly [field: string]: unknown }> {
  const record = spec.records.find(candidate => candidate.name === name)
  if (!record) throw new Error(`no record ${name}`)
  return fc.record(Object.fromEntries(record.fields.map(field => [field.name, fieldArbitrary(field)])))
}

function fieldArbitrary({ type, number, nullable, optional }: Field): Arbitrary<unknown> {
  const value = number ? fc.maxSafeInteger() : valueArbitrary(type)
  if (optional) return fc.option(value, { nil: undefined })
  return nullable ? fc.option(value) : value
}

function valueArbitrary({ name, element }: JuteType): Arbitrary<unknown> {
  if (element) return fc.array(valueArbitrary(element), { maxLength: 5 })
  const primitives: { readonly [type: string]: Arbitrary<unknown> } = {
    boolean: fc.boolean(),
    int: INT,
    long: LONG,
    ustring: TEXT,
    buffer: BYTES,
  }
  return primitives[name] ?? recordArbitrary(name)
}

const REQUESTS: readonly [type: number, record: string][] = [
  [1, 'CreateRequest'],
  [2, 'DeleteRequest'],
  [4, 'GetDataRequest'],
  [5, 'SetDataRequest'],
  [8, 'GetChildrenRequest'],
  [13, 'CheckVersionRequest'],
  [15, 'CreateRequest'],
  [19, 'CreateRequest'],
  [21, 'CreateTTLRequest'],
]

const RESPONSES: readonly [type: number, record: string | null][] = [
  [1, 'CreateResponse'],
  [2, null],
  [4, 'GetDataResponse'],
  [5, 'SetDataResponse'],
  [8, 'GetChildrenResponse'],
  [13, null],
  [15, 'Create2Response'],
]

/** Returns any request of a multi or multiRead; the two kinds are mixed. */
export function multiRequestArbitrary(): Arbitrary<MultiRequest> {
  const operations = REQUESTS.map(([type, record]) =>
    fc.record({ type: fc.constant(type), request: recordArbitrary(record) }),
  )
  return fc.record({
    operations: fc.array(fc.oneof(...operations), { maxLength: 6 }),
  }) as Arbitrary<unknown> as Arbitrary<MultiRequest>
}

/** Returns any response of a multi or multiRead. */
export function multiResponseArbitrary(): Arbitrary<MultiResponse> {
  const successes = RESPONSES.map(([type, record]) =>
    fc.record({
      type: fc.constant(type),
      response: record === null ? fc.constant(null) : recordArbitrary(record),
    }),
  )
  const failure = fc.record({ type: fc.constant(-1), err: INT })
  return fc.record({
    results: fc.array(fc.oneof(failure, ...successes), { maxLength: 6 }),
  }) as Arbitrary<unknown> as Arbitrary<MultiResponse>
}
