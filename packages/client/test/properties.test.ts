import { type ACL, Perm } from '@zookit/jute'
import { expect } from 'chai'
import fc from 'fast-check'
import { acl, aclCheck, formatAcl, type Perms } from '../src/acl.ts'
import { type EnsembleMember, formatMember, parseConfig } from '../src/config.ts'
import { InvalidArgument } from '../src/invalid-argument.ts'
import { type ConnectOptions, resolveOptions } from '../src/options.ts'

const RUNS = { seed: 13, numRuns: 500 }

/** Values that programs pass by mistake: wrong types, edges of numbers, names of Object's. */
const ANYTHING: fc.Arbitrary<unknown> = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, withTypedArray: true }),
  fc.constantFrom(0, -0, -1, 1, 0.5, Number.NaN, Infinity, 2 ** 31, 2 ** 53, '', '0', '10s', '__proto__'),
  fc.constantFrom(Symbol('s'), () => {}, new Proxy({}, {}), [], {}, null, undefined, true),
)

const NAMES = [
  ...[
    'sessionTimeout',
    'session',
    'readOnly',
    'renew',
    'tls',
    'sasl',
    'allowInsecureAuth',
    'whenDisconnected',
  ],
  ...[
    'maxInFlight',
    'maxQueuedBytes',
    'whenFull',
    'maxRequestSize',
    'maxResponseSize',
    'backoff',
    'zxidGrace',
  ],
  ...[
    'shuffle',
    'callSites',
    'closeTimeout',
    'environment',
    'connectTimeout',
    'signal',
    'auth',
    'requestTimeout',
  ],
  ...['retryReads', 'sessionTimeOut', '__proto__'],
]

/** Returns what `work` returns, or null where it refuses its arguments in the only way that is allowed. */
function orRefused<T>(work: () => T): T | null {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof InvalidArgument)) throw error
    expect(error.message).to.have.length.within(10, 1000)
    return null
  }
}

describe('Whatever is passed as an argument', () => {
  it('is taken as an option or refused with its name, and settings are numbers where they must be', () => {
    let [taken, refused] = [0, 0]
    const option = fc.tuple(fc.constantFrom(...NAMES), ANYTHING)
    const check = ([name, value]: [string, unknown]): void => {
      const options = Object.fromEntries([[name, value]]) as ConnectOptions
      const settings = orRefused(() => resolveOptions('127.0.0.1:2181', options))
      if (settings === null) return void refused++
      taken++
      const { sessionTimeout = 1, maxInFlight = 1, maxRequestSize = 1, closeTimeout = 1 } = settings.session
      for (const number of [
        sessionTimeout,
        maxInFlight,
        maxRequestSize,
        closeTimeout,
        settings.connectTimeout,
      ])
        expect(number).to.be.greaterThan(0)
      expect(settings.session.servers).to.deep.equal([{ host: '127.0.0.1', port: 2181 }])
    }
    fc.assert(fc.property(option, check), { ...RUNS, numRuns: 3000 })
    expect(Math.min(taken, refused)).to.be.greaterThan(100)
  })

  it('is taken as an ensemble or refused, and then no server is without a host and a port', () => {
    const server = fc.record({ host: ANYTHING, port: ANYTHING }, { requiredKeys: [] })
    const ensemble = fc.record(
      { servers: fc.oneof(fc.array(server, { maxLength: 3 }), ANYTHING), srv: ANYTHING, chroot: ANYTHING },
      { requiredKeys: [] },
    )
    const check = (to: unknown): void => {
      const settings = orRefused(() => resolveOptions(to as string, {}))
      for (const { host, port } of settings?.session.servers ?? []) {
        expect(host).to.be.a('string').that.is.not.equal('')
        expect(port).to.be.within(1, 65_535)
      }
    }
    fc.assert(fc.property(fc.oneof(ensemble, ANYTHING), check), RUNS)
  })

  it('is taken as an ACL or refused, and an entry that is made is one that is taken', () => {
    const perms = fc.oneof(
      fc.integer({ min: -1, max: 40 }),
      fc.string({ unit: fc.constantFrom('c', 'd', 'r', 'w', 'a', 'x') }),
      fc.array(fc.constantFrom('read', 'write', 'create', 'delete', 'admin', 'all', 'none')),
      ANYTHING,
    )
    const text = fc.oneof(fc.string(), ANYTHING)
    const check = (bits: unknown, scheme: unknown, id: unknown): void => {
      const entry = orRefused(() => acl(bits as Perms, scheme as string, id as string))
      if (entry === null) return
      expect(entry.perms).to.be.within(0, Perm.ALL)
      expect(aclCheck([entry])).to.equal(null)
      const letters = formatAcl(entry).slice(`${entry.id.scheme}:${entry.id.id}:`.length)
      if (letters !== '') expect(acl(letters, entry.id.scheme, entry.id.id)).to.deep.equal(entry)
    }
    fc.assert(fc.property(perms, text, text, check), RUNS)
    const list = (value: unknown): void => {
      const fault = aclCheck(value)
      if (fault === null) for (const { perms: bits } of value as ACL[]) expect(bits).to.be.within(0, Perm.ALL)
      else expect(fault).to.match(/^(must be|has an invalid entry)/)
    }
    fc.assert(fc.property(fc.oneof(fc.array(ANYTHING), ANYTHING), list), RUNS)
  })
})

const HOST = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6(), fc.constantFrom('zk1', '__proto__'))
const PORT = fc.integer({ min: 1, max: 65_535 })
const CLIENT = fc.option(fc.record({ host: HOST, port: PORT }))
const MEMBER: fc.Arbitrary<EnsembleMember> = fc.record({
  id: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  peers: fc.array(fc.record({ host: HOST, quorumPort: PORT, electionPort: PORT }), {
    minLength: 1,
    maxLength: 3,
  }),
  role: fc.constantFrom('participant' as const, 'observer' as const),
  client: CLIENT,
  secureClient: CLIENT,
})

describe('The text of a configuration of the ensemble', () => {
  it('is read back as the members it was made of', () => {
    const check = (members: readonly EnsembleMember[], version: bigint): void => {
      const text = [...members.map(formatMember), `version=${version.toString(16)}`].join('\n')
      const config = parseConfig(text)
      expect(config.members).to.deep.equal(members)
      expect(config.version).to.equal(version)
    }
    fc.assert(fc.property(fc.array(MEMBER), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), check), RUNS)
  })

  it('is read or refused as a SyntaxError with its line, whatever it is', () => {
    const piece = fc.constantFrom(
      ...['server.', '1', '=', ':', ';', '|', '[', ']', '::1', 'zk1', '2888', '99999', 'observer', '\n', ' '],
      ...['version=', 'ff', 'participant', '0.0.0.0', '\0', '\ud800', '__proto__'],
    )
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map(pieces => pieces.join('')),
    )
    let read = 0
    const check = (value: string): void => {
      try {
        const { members } = parseConfig(value)
        read++
        for (const member of members)
          expect(parseConfig(formatMember(member)).members).to.deep.equal([member])
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
        expect(error.message).to.match(/^Malformed configuration at line \d+: "/)
      }
    }
    fc.assert(fc.property(text, check), { ...RUNS, numRuns: 2000 })
    expect(read).to.be.greaterThan(100)
  })
})
