import { ZooKeeperError } from '@zookit/client'
import { expect } from 'chai'
import fc from 'fast-check'
import type { CachedNode } from '../src/cache/table/cached-node.ts'
import { decode, encode, type Layout, toSnapshot } from '../src/config/snapshot.ts'
import { decodeInstance, encodeInstance } from '../src/discovery/instance-json.ts'
import { fillUriSpec, formatUriSpec, parseUriSpec } from '../src/discovery/uri-spec.ts'
import { codecs, type ServiceInstance } from '../src/index.ts'

const RUNS = { seed: 13, numRuns: 500 }
const PATH = '/services/web/a'

/** Returns what was read, or null if it was refused as data, in the only way that is allowed. */
function orInvalid<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    expect(ZooKeeperError.is(error), String(error)).to.equal(true)
    expect(error).to.include({ code: 'INVALID_DATA', outcome: 'not-sent' })
    return null
  }
}

const JSON_VALUE = fc.jsonValue({ noUnicodeString: false })
const ANY = fc.oneof(JSON_VALUE, fc.constantFrom('', '{', '}', '{[}', 0, -1, 1e300, '__proto__', 'DYNAMIC'))
const TEXT = fc.constantFrom('', 'a', '{', '}', '{[}', ' port ', 'a}', '[')
const PART = fc.record({ value: fc.oneof(TEXT, TEXT, ANY), variable: fc.oneof(fc.boolean(), ANY) })
/** An object that looks like an instance: any of its fields may be missing, null, or of another type. */
const INSTANCE = fc.record(
  {
    name: fc.oneof(fc.string(), ANY),
    id: fc.oneof(fc.string(), ANY),
    address: fc.option(fc.oneof(fc.string(), ANY)),
    port: fc.option(fc.oneof(fc.integer(), ANY)),
    sslPort: fc.option(fc.integer()),
    payload: fc.oneof(ANY, fc.record({ '@class': ANY, x: ANY }), fc.tuple(ANY, ANY)),
    registrationTimeUTC: fc.oneof(fc.integer(), ANY),
    serviceType: fc.constantFrom('DYNAMIC', 'STATIC', 'PERMANENT', 'DYNAMIC_SEQUENTIAL', null, 'toString', 7),
    uriSpec: fc.option(fc.oneof(fc.record({ parts: fc.array(PART) }), ANY)),
    enabled: fc.oneof(fc.boolean(), ANY),
    unknown: ANY,
  },
  { requiredKeys: [] },
)

/** Texts that once failed: tried first. */
const FAILED: [string][] = [['{"name":"web","id":"a","uriSpec":{"parts":[{"value":"{","variable":true}]}}']]

describe('The JSON of an instance, as Curator writes it', () => {
  it('is read or refused as invalid, whatever it is, and what is read is written and read again', () => {
    let [taken, refused] = [0, 0]
    const check = (text: string): void => {
      const instance = orInvalid(() => decodeInstance(Buffer.from(text), PATH))
      if (instance === null) return void refused++
      taken++
      expect([typeof instance.name, typeof instance.id]).to.deep.equal(['string', 'string'])
      const again = decodeInstance(Buffer.from(encodeInstance(instance)), PATH)
      expect(encodeInstance(again)).to.equal(encodeInstance(instance))
      if (instance.uriSpec !== null) fillUriSpec(instance.uriSpec, new Map())
    }
    const like = INSTANCE.map(value => JSON.stringify(value))
    // One field at a time is strange: an object whose fields all are is refused at the first.
    const odd = fc.tuple(INSTANCE, fc.nat()).map(([value, n]) => {
      const fields = Object.entries(value)
      return JSON.stringify({
        name: 'web',
        id: 'a',
        ...Object.fromEntries(fields.slice(n % 11, (n % 11) + 1)),
      })
    })
    const parts = fc.array(PART, { minLength: 1, maxLength: 3 })
    const pattern = parts.map(uriSpec =>
      JSON.stringify({ name: 'web', id: 'a', uriSpec: { parts: uriSpec } }),
    )
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), like, odd, pattern), check), {
      ...RUNS,
      numRuns: 2000,
      examples: FAILED,
    })
    expect(Math.min(taken, refused)).to.be.greaterThan(100)
  })

  it('is read back as the instance that was written', () => {
    const instance: fc.Arbitrary<ServiceInstance> = fc.record({
      name: fc.string({ unit: 'binary' }).filter(text => text.isWellFormed()),
      id: fc.string(),
      address: fc.option(fc.string()),
      port: fc.option(fc.integer()),
      sslPort: fc.option(fc.integer()),
      payload: fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
      payloadClass: fc.constant(null),
      registrationTimeUTC: fc.maxSafeNat(),
      serviceType: fc.constantFrom('DYNAMIC', 'STATIC', 'PERMANENT'),
      uriSpec: fc.constantFrom(null, '{scheme}://{address}:{port}', 'plain', '{[}x{]}'),
      enabled: fc.boolean(),
    })
    const check = (value: ServiceInstance): void => {
      expect(decodeInstance(Buffer.from(encodeInstance(value)), PATH)).to.deep.equal(value)
    }
    fc.assert(fc.property(instance, check), RUNS)
  })

  it('has address patterns that are read back as their parts', () => {
    const plain = fc.record({ value: fc.string({ minLength: 1 }), variable: fc.constant(false) })
    const name = fc.constantFrom('scheme', 'address', 'port', 'a-b', '[', ']')
    const check = (parts: readonly { value: string; variable: boolean }[]): void => {
      const pattern = formatUriSpec(parts)
      expect(formatUriSpec(parseUriSpec(pattern))).to.equal(pattern)
      const filled = fillUriSpec(pattern, new Map())
      const wanted = parts.map(({ value, variable }) => {
        if (!variable) return value
        return value === '[' ? '{' : value === ']' ? '}' : ''
      })
      expect(filled).to.equal(wanted.join(''))
    }
    const variable = fc.record({ value: name, variable: fc.constant(true) })
    fc.assert(fc.property(fc.array(fc.oneof(plain, variable)), check), RUNS)
  })
})

function znode(path: string, data: Buffer | null): CachedNode {
  const stat = { mzxid: 1n, czxid: 1n, mtime: 0 } as CachedNode['stat']
  return { path, data, stat } as CachedNode
}

describe('The document of a configuration', () => {
  const one: Layout = { path: '/config', codec: codecs.json, subtree: false }

  it('is read or refused as invalid, whatever its bytes are', () => {
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.json().map(text => Buffer.from(text)),
    )
    const check = (data: Uint8Array): void => {
      const root = znode('/config', Buffer.from(data))
      const value = orInvalid(() => decode(one, toSnapshot(root, new Map([['', root]]))))
      if (value !== null) expect(JSON.parse(String(encode(one, value)))).to.deep.equal(value)
    }
    fc.assert(fc.property(bytes, check), RUNS)
  })

  it('is read back as the value that was written, in one znode and in a subtree', () => {
    const check = (value: unknown): void => {
      const root = znode('/config', encode(one, value))
      expect(decode(one, toSnapshot(root, new Map()))).to.deep.equal(JSON.parse(JSON.stringify(value)))
    }
    fc.assert(fc.property(JSON_VALUE, check), RUNS)
    const layout: Layout = { ...one, subtree: true }
    const key = fc.oneof(fc.constantFrom('a', 'a/b', '__proto__', 'toString', 'x/constructor'), fc.uuid())
    const tree = (values: ReadonlyMap<string, unknown>): void => {
      const nodes = new Map(
        [...values].map(([name, value]) => [name, znode(`/config/${name}`, encode(layout, value, name))]),
      )
      const read = decode(layout, toSnapshot(znode('/config', null), nodes)) as object
      expect(Object.keys(read).sort()).to.deep.equal([...values.keys()].sort())
      for (const [name, value] of Object.entries(read))
        expect(value).to.deep.equal(JSON.parse(JSON.stringify(values.get(name))))
    }
    fc.assert(
      fc.property(
        fc.array(fc.tuple(key, JSON_VALUE)).map(pairs => new Map(pairs)),
        tree,
      ),
      RUNS,
    )
  })
})
