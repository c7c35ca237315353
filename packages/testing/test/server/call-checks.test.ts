import { expect } from 'chai'
import { TestEnsemble, TestServer } from '../../src/index.ts'

type Plain = Record<string, (...args: unknown[]) => unknown>

/** The methods of each kind of server with arguments that are valid, but for the surplus one that follows. */
const CONTROL: Readonly<Record<string, readonly unknown[]>> = {
  dropConnections: [{ reset: true }],
  dropConnection: [1n, {}],
  closeNewConnections: [true],
  acceptAndStaySilent: [true],
  blackhole: [true],
  stopReading: [true],
  loseNextReply: ['getData'],
  dropNextRequest: ['getData'],
  closeMidFrame: ['getData'],
  garbleNextReply: ['getData', Buffer.alloc(1)],
  holdNextReply: ['getData'],
  answerWith: ['getData', -1, 1],
  rejectSetWatches: [-5, 1],
  throttle: [true],
  delayReplies: [5],
  holdReplies: [],
  releaseReplies: [],
  splitBytes: [5],
  drip: [5],
  coalesce: [5],
  sendRaw: [1n, Buffer.alloc(1)],
  expireSession: [1n],
  swapSessionIds: [true],
  clearFaults: [],
  freezeTime: [],
  resumeTime: [],
  advance: [5],
  requests: [],
  clearRequests: [],
  sessions: [],
  connections: [],
  watches: [],
  seed: [{}],
  setSequence: ['/a', 5],
  dump: [],
}

async function refusalOf(object: object, name: string, args: readonly unknown[]): Promise<unknown> {
  try {
    await (object as Plain)[name]!(...args)
  } catch (error) {
    return error
  }
  return null
}

async function expectRefusal(object: object, name: string, args: readonly unknown[]): Promise<void> {
  const what = `${object.constructor.name}.${name}(${args.map(String).join(', ')})`
  const error = await refusalOf(object, name, args)
  expect(error, what).to.be.instanceOf(TypeError).and.to.include({ code: 'BAD_ARGUMENTS' })
  expect((error as Error).message, what).to.include(`BAD_ARGUMENTS (${name}): `)
}

describe('The methods of a test server, called from plain JavaScript', () => {
  it('refuse a surplus argument, and one of the wrong kind', async () => {
    await using server = await TestServer.start()
    await using ensemble = await TestEnsemble.start({ size: 1 })
    const member = ensemble.members[0]!
    const own = { stop: [], restart: [], refuseConnections: [true] }
    const kinds: [object: object, calls: Readonly<Record<string, readonly unknown[]>>][] = [
      [server, { ...CONTROL, ...own, setReadOnly: [true] }],
      [
        member,
        { ...CONTROL, ...own, start: [], stall: [], catchUp: [], cut: [], heal: [], becomeLeader: [] },
      ],
      [ensemble, { addServer: [{}], member: [1], heal: [], seed: [{}], advance: [5], stop: [] }],
    ]
    for (const [object, calls] of kinds) {
      for (const [name, args] of Object.entries(calls)) {
        await expectRefusal(object, name, [...args, 'surplus'])
        const [first] = args
        if (first !== undefined && name !== 'member')
          await expectRefusal(object, name, [Symbol('wrong'), ...args.slice(1)])
      }
    }
    expect(server.running).to.equal(true)
  })

  it('refuse to guess whether a fault is to begin or to end', async () => {
    await using server = await TestServer.start()
    for (const name of ['blackhole', 'throttle', 'stopReading', 'setReadOnly', 'refuseConnections']) {
      for (const value of [undefined, null, 1, 'true']) await expectRefusal(server, name, [value])
    }
    for (const value of [{ rest: true }, { reset: 1 }, null])
      await expectRefusal(server, 'dropConnections', [value])
    for (const value of [undefined, Number.NaN, -1, '5']) await expectRefusal(server, 'delayReplies', [value])
  })
})
