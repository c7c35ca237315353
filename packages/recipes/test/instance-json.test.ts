import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { decodeInstance, encodeInstance } from '../src/discovery/instance-json.ts'
import { formatUriSpec, parseUriSpec } from '../src/discovery/uri-spec.ts'
import { type ServiceInstance, uriOf } from '../src/index.ts'

/** Data that Curator 5.7.1 has written: `off` with a serializer that writes `enabled`, the others by default. */
const curators: Record<string, string> = JSON.parse(
  readFileSync(new URL('fixtures/curator-instances.json', import.meta.url), 'utf8'),
)

const PAYLOADS: Record<string, [payload: unknown, payloadClass: string | null]> = {
  bool: [true, null],
  double: [1.5, null],
  int: [5, null],
  list: [['x', 1], 'java.util.ArrayList'],
  long: [12_345_678_901, 'java.lang.Long'],
  map: [{ zone: 'a', weight: 3, big: 12_345_678_901, nested: { x: [1, 2] } }, 'java.util.LinkedHashMap'],
  none: [null, null],
  off: ['off', null],
  pojo: [{ zone: 'a', weight: 3 }, 'com.example.Place'],
  text: ['hello', null],
}

const plain: ServiceInstance = {
  name: 'web',
  id: 'a',
  address: '10.0.0.7',
  port: 8080,
  sslPort: null,
  payload: null,
  payloadClass: null,
  registrationTimeUTC: 1_700_000_000_000,
  serviceType: 'DYNAMIC',
  uriSpec: null,
  enabled: true,
}

function decode(text: string | null): ServiceInstance {
  return decodeInstance(text === null ? null : Buffer.from(text), '/services/web/a')
}

describe('What Curator has written', () => {
  for (const [name, text] of Object.entries(curators)) {
    it(`is read, and written in the same way: ${name}`, () => {
      const instance = decode(text)
      const { id } = JSON.parse(text)
      expect(instance).to.include({ name: 'web', id, address: '10.0.0.7', port: 8080 })
      expect(instance.registrationTimeUTC).to.equal(1_700_000_000_000)
      const [payload, payloadClass] = PAYLOADS[name] ?? [null, null]
      expect({ payload: instance.payload, payloadClass: instance.payloadClass }).to.deep.equal({
        payload,
        payloadClass,
      })
      expect(instance.enabled).to.equal(name !== 'off')
      // By default Curator does not write `enabled`, but reads it.
      expect(JSON.parse(encodeInstance(instance))).to.deep.equal({ enabled: true, ...JSON.parse(text) })
    })
  }

  it('has an address by its pattern', () => {
    expect(uriOf(decode(curators.ssl!))).to.equal('https://10.0.0.7:8443/{web}')
    expect(uriOf(decode(curators.none!))).to.equal('')
  })
})

describe('An instance as JSON', () => {
  it('is the same after it was written and read, whatever its payload', () => {
    const payloads: unknown[] = [
      null,
      'x',
      '',
      0,
      -1.5,
      true,
      [],
      ['x', 1],
      [[]],
      {},
      { a: [1, { b: null }] },
    ]
    for (const payload of payloads) {
      const payloadClass = Array.isArray(payload) ? 'java.util.ArrayList' : null
      expect(decode(encodeInstance({ ...plain, payload }))).to.deep.equal({ ...plain, payload, payloadClass })
      if (payload === null) continue
      const typed = { ...plain, payload, payloadClass: 'com.example.Place' }
      expect(decode(encodeInstance(typed))).to.deep.equal(typed)
    }
  })

  it('has the fields in Curator’s order', () => {
    expect(Object.keys(JSON.parse(encodeInstance(plain)))).to.deep.equal([
      ...['name', 'id', 'address', 'port', 'sslPort', 'payload'],
      ...['registrationTimeUTC', 'serviceType', 'uriSpec', 'enabled'],
    ])
  })

  it('writes an object without a class, and a list with one: in Java they are a map and a list', () => {
    const payloadOf = (payload: unknown): unknown => JSON.parse(encodeInstance({ ...plain, payload })).payload
    expect(payloadOf({ zone: 'a' })).to.deep.equal({ zone: 'a' })
    expect(payloadOf(['a'])).to.deep.equal(['java.util.ArrayList', ['a']])
  })

  it('needs only a name and an id', () => {
    const rest = { address: null, port: null, registrationTimeUTC: 0 }
    expect(decode('{"name":"web","id":"a","somethingNew":1}')).to.deep.equal({ ...plain, ...rest })
  })

  it('S4 treats names such as __proto__ as plain data', () => {
    const { payload } = decode('{"name":"web","id":"a","payload":{"__proto__":{"x":1},"constructor":2}}')
    expect(Object.keys(payload as object)).to.deep.equal(['__proto__', 'constructor'])
    expect(({} as { x?: number }).x).to.equal(undefined)
  })

  it('is refused with the reason when it is invalid', () => {
    const bad: [string | null, string][] = [
      [null, 'JSON'],
      ['', 'JSON'],
      ['{', 'JSON'],
      ['[]', 'object'],
      ['null', 'object'],
      ['{"name":"web"}', 'id'],
      ['{"id":"a"}', 'name'],
      ['{"name":1,"id":"a"}', 'name'],
      ['{"name":"web","id":"a","port":"80"}', 'port'],
      ['{"name":"web","id":"a","enabled":1}', 'enabled'],
      ['{"name":"web","id":"a","serviceType":"OTHER"}', 'serviceType'],
      ['{"name":"web","id":"a","uriSpec":"x"}', 'uriSpec'],
      ['{"name":"web","id":"a","uriSpec":{"parts":[1]}}', 'uriSpec'],
    ]
    for (const [text, what] of bad) {
      expect(() => decode(text), String(text))
        .to.throw(what)
        .with.property('code', 'INVALID_DATA')
    }
  })

  it('cannot have a payload that is not JSON', () => {
    const circular: Record<string, unknown> = {}
    circular.self = circular
    for (const payload of [1n, circular, () => {}]) {
      expect(() => encodeInstance({ ...plain, payload }))
        .to.throw('payload')
        .with.property('code', 'BAD_ARGUMENTS')
    }
  })
})

describe('A pattern of an address', () => {
  it('is filled with the instance’s fields, and with further variables', () => {
    const uriSpec =
      '{scheme}://{address}:{port}/{ name }/{id}?t={registration-time-utc}&s={service-type}&{x}{y}{[}{]}'
    const uri = uriOf({ ...plain, uriSpec }, { x: 1 })
    expect(uri).to.equal('http://10.0.0.7:8080/web/a?t=1700000000000&s=dynamic&1{}')
    expect(uriOf({ ...plain, uriSpec: '{scheme}{ssl-port}', sslPort: 443 }, { scheme: 'wss' })).to.equal(
      'wss443',
    )
    expect(uriOf({ ...plain, uriSpec: '{address}', address: null })).to.equal('')
  })

  it('is the same after it was parsed and put together', () => {
    for (const pattern of ['', 'x', '{x}', '{[}{]}', 'a{b}c{d}', 'http://h:1/']) {
      expect(formatUriSpec(parseUriSpec(pattern))).to.equal(pattern)
    }
    expect(formatUriSpec([{ value: 'a{b}', variable: false }])).to.equal('a{[}b{]}')
  })

  it('is refused if its braces are not balanced', () => {
    for (const pattern of ['{', '}', '{a', 'a}', '{{a}}', '{a{b}}']) {
      expect(() => parseUriSpec(pattern), pattern)
        .to.throw('braces')
        .with.property('code', 'BAD_ARGUMENTS')
    }
  })
})
