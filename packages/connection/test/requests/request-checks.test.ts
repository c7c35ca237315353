import { type AnyOperation, op, Reader } from '@zookit/jute'
import { expect } from 'chai'
import { ZooKeeperError } from '../../src/index.ts'
import { outcomeOf, Subject } from '../support/simulation.ts'

type Loose = (operation: unknown, body: unknown, options?: unknown) => Promise<unknown>

/** Every operation that a caller can send, with a record whose fields are all zero. */
const rows: [AnyOperation, Record<string, unknown> | null][] = (Object.values(op) as AnyOperation[])
  .filter(({ xid }) => xid === 0)
  .map(operation => [operation, blankOf(operation)])

function blankOf(operation: AnyOperation): Record<string, unknown> | null {
  if (operation.name.startsWith('multi')) return { operations: [] }
  return operation.readRequest(new Reader(Buffer.alloc(256))) as Record<string, unknown> | null
}

/** Returns a session, and what it tells of a request that no compiler has checked. */
async function bench() {
  const subject = await new Subject().connected()
  const { session, world } = subject
  const request = session.request.bind(session) as unknown as Loose
  const refusal = async (...call: Parameters<Loose>): Promise<string> => {
    const error = await outcomeOf(request(...call))
    expect(error).to.be.instanceOf(ZooKeeperError)
    expect(error).to.include({ code: 'BAD_ARGUMENTS', outcome: 'not-sent' })
    return (error as Error).message
  }
  return { request, refusal, world }
}

describe('Session.request', () => {
  for (const [operation, blank] of rows) {
    if (blank === null) continue
    it(`refuses a field of ${operation.name} that is missing, or of another kind, and names it`, async () => {
      const { refusal, world } = await bench()
      const options = operation.watch === 'mode' ? { watcher: () => {} } : undefined
      for (const name of Object.keys(blank)) {
        for (const value of [undefined, Number.NaN, 1.5, 2 ** 40, '\ud800', [1], {}, () => {}]) {
          const body = { ...blank, [name]: value }
          // A time to live of 2^40 ms is valid.
          if (value === 2 ** 40 && name === 'ttl') continue
          const isVector = Array.isArray(blank[name]) && Array.isArray(value)
          const message = await refusal(operation, body, options)
          expect(message).to.include(`(${operation.name}`)
          expect(message).to.include(isVector ? `the field ${name}.0` : `the field ${name} `)
        }
      }
      for (const body of [undefined, null, 5, 'text']) await refusal(operation, body, options)
      expect(world.peer.requests).to.deep.equal([])
    })
  }

  it('sends what is right, of every operation', async () => {
    const { request, world } = await bench()
    const asked: Promise<unknown>[] = []
    world.peer.onRequest = ({ xid }) => {
      world.peer.reply(xid, -101)
      return true
    }
    for (const [operation, blank] of rows) {
      if (operation.name === op.closeSession.name) continue
      const options = operation.watch === 'mode' ? { watcher: () => {} } : {}
      asked.push(outcomeOf(request(operation, blank, options)))
    }
    await world.settle()
    expect(world.peer.requests).to.have.lengthOf(asked.length)
    for (const outcome of await Promise.all(asked)) {
      expect((outcome as { code?: string } | null)?.code).to.not.equal('BAD_ARGUMENTS')
    }
  })

  it('names the field within a record of a record', async () => {
    const { refusal } = await bench()
    const acl = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }]
    const body = { path: '/a', data: null, acl, flags: 0 }
    const nested = (id: unknown): object => ({ ...body, acl: [{ perms: 31, id }] })
    expect(await refusal(op.create, nested({ scheme: 'world' }))).to.include('(create /a)')
    expect(await refusal(op.create, nested({ scheme: 'world' }))).to.include(
      'the field acl.0.id.id must be text',
    )
    expect(await refusal(op.create, nested(null))).to.include('the field acl.0.id')
    expect(await refusal(op.create, { ...body, acl: [{ ...acl[0], perms: 'cdrwa' }] })).to.include(
      'the field acl.0.perms must be a 32-bit integer, not "cdrwa"',
    )
    const operations = [{ type: op.delete.code, request: { path: '/a' } }]
    expect(await refusal(op.multi, { operations })).to.include('the field operations.0.request.version')
    const unknown = [{ type: 77, request: { path: '/a', version: 1 } }]
    expect(await refusal(op.multi, { operations: unknown })).to.include('operations.0')
  })

  it('refuses a record without a path with a watcher, and a watcher where none belongs', async () => {
    const { refusal } = await bench()
    const watcher = (): void => {}
    expect(await refusal(op.delete, { version: 77 }, { watcher })).to.include('delete sets none')
    expect(await refusal(op.delete, { path: '/a', version: 77 }, { watcher })).to.include('delete sets none')
    expect(await refusal(op.getData, { watch: true }, { watcher })).to.include('the field path must be text')
    expect(await refusal(op.getData, { path: '/a', watch: true }, { watcher: 'x' })).to.include('a function')
    expect(await refusal(op.addWatch, { path: '/a', mode: 0 })).to.include('watcher is missing')
    expect(await refusal(op.addWatch, { path: '/a', mode: 0 }, {})).to.include('watcher is missing')
  })

  it('refuses options of the wrong kind, and unknown ones', async () => {
    const { refusal } = await bench()
    const body = { path: '/a', watch: false }
    const faults: [options: unknown, told: string][] = [
      [null, 'the options must be an object'],
      [5000, 'the options must be an object'],
      [
        Promise.resolve({ timeout: 5 }),
        'the options must be an object such as { timeout: 5000 }, not a Promise',
      ],
      [new AbortController().signal, 'not an AbortSignal'],
      [{ timout: 5 }, 'there is no option "timout"'],
      [{ timeout: '5' }, 'the option timeout'],
      [{ timeout: 0 }, 'the option timeout'],
      [{ signal: true }, 'the option signal'],
      [{ path: 5 }, 'the option path'],
    ]
    for (const [options, told] of faults) expect(await refusal(op.getData, body, options)).to.include(told)
  })

  it('refuses anything but an operation, and those that the session sends itself', async () => {
    const { refusal } = await bench()
    for (const operation of [undefined, null, 'getData', {}, 4]) {
      expect(await refusal(operation, { path: '/a', watch: false })).to.include('must be a row of op')
    }
    for (const operation of [op.ping, op.auth, op.setWatches, op.setWatches2]) {
      expect(await refusal(operation, {})).to.include('the session sends this operation itself')
    }
  })
})
