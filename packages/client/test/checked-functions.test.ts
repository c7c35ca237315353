import { expect } from 'chai'
import * as client from '../src/index.ts'

type Callable = (...args: unknown[]) => unknown

/** Valid arguments of each function that `@zookit/client` exports. */
const CALLS: Readonly<Record<string, readonly unknown[]>> = {
  acl: ['cdrwa', 'world', 'anyone'],
  createdAt: [{ ctime: 0 }],
  digestId: ['user', 'password'],
  formatAcl: [client.openAcl],
  formatMember: [
    {
      id: 1,
      peers: [{ host: 'a', quorumPort: 1, electionPort: 2 }],
      role: 'observer',
      client: null,
      secureClient: null,
    },
  ],
  formatServer: [{ host: 'a', port: 1 }],
  isEphemeral: [{ ephemeralOwner: 0n }],
  isInterimAcl: [client.openAcl, client.openAcl],
  joinPath: ['/a'],
  modifiedAt: [{ mtime: 0 }],
  nameOf: ['/a'],
  parentOf: ['/a'],
  parseConfig: [''],
  parseConnectString: ['a:1'],
  validatePath: ['/a'],
  whenAborted: [new AbortController().signal, () => {}],
}
/** Functions whose arguments other tests try. */
const TRIED_ELSEWHERE = ['connect', 'counted', 'inspectAs', 'interimAcls', 'logTo']

const EXPORTS: readonly (readonly [string, unknown])[] = Object.entries(client)

describe('Every function that the client exports, called from plain JavaScript', () => {
  it('is listed here', () => {
    const functions = EXPORTS.filter(([, value]) => typeof value === 'function')
      .filter(([, value]) => !/^class\b/.test(Function.prototype.toString.call(value)))
      .map(([name]) => name)
    expect(functions.sort()).to.deep.equal([...Object.keys(CALLS), ...TRIED_ELSEWHERE].sort())
  })

  for (const [name, args] of Object.entries(CALLS)) {
    it(`${name} refuses arguments of the wrong kind with a ZooKeeperError or a SyntaxError`, () => {
      const [, call] = EXPORTS.find(([exported]) => exported === name) as [string, Callable]
      call(...args)
      for (const [index] of args.entries()) {
        for (const wrong of [undefined, null, 5, {}, [5], Symbol('wrong')]) {
          if (name === 'acl' && index === 0 && wrong === 5) continue
          let error: unknown
          try {
            call(...args.slice(0, index), wrong, ...args.slice(index + 1))
          } catch (thrown) {
            error = thrown
          }
          const isClear =
            client.ZooKeeperError.is(error) || client.ConnectStringError === (error as Error)?.constructor
          expect(isClear, `${name}, argument ${index + 1}, ${String(wrong)}: ${error}`).to.equal(true)
        }
      }
    })
  }
})
