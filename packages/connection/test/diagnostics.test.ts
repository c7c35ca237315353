import { AsyncLocalStorage } from 'node:async_hooks'
import { EventType } from '@zookit/jute'
import { expect } from 'chai'
import { attemptChannel, requestChannel, stateChannel, unknownEventChannel } from '../src/index.ts'
import { outcomeOf, Subject } from './support/simulation.ts'

describe('Diagnostics channels', () => {
  it('report a request from its start to its end, with its operation and its result', async () => {
    const events: string[] = []
    const record = (name: string) => (message: object) => {
      const { operation, path, result, error } = message as Record<string, unknown>
      const end = error ? (error as { code: string }).code : result ? 'result' : ''
      events.push(`${name} ${operation} ${path} ${end}`.trim())
    }
    const subscribers = {
      start: record('start'),
      end: record('end'),
      asyncStart: record('asyncStart'),
      asyncEnd: record('asyncEnd'),
      error: record('error'),
    }
    requestChannel.subscribe(subscribers)
    try {
      const subject = await new Subject().connected()
      const asked = [subject.getData('/a'), outcomeOf(subject.getData('/b'))]
      await subject.world.settle()
      subject.world.peer.replyData(1, 'x')
      subject.world.peer.reply(2, -101)
      await Promise.all(asked)
      await subject.world.settle()
    } finally {
      requestChannel.unsubscribe(subscribers)
    }
    expect(events).to.deep.equal([
      'start getData /a',
      'end getData /a',
      'start getData /b',
      'end getData /b',
      'asyncStart getData /a result',
      'asyncEnd getData /a result',
      'error getData /b NO_NODE',
      'asyncStart getData /b NO_NODE',
      'asyncEnd getData /b NO_NODE',
    ])
  })

  it('report the end of every request before its continuation runs, also of one that is refused at once', async () => {
    const events: string[] = []
    const record = (name: string) => (message: object) => {
      const { path, error } = message as { path: string; error?: { code: string } }
      events.push(`${name} ${path} ${error?.code ?? ''}`.trim())
    }
    const subscribers = {
      start: (message: object) => {
        record('start')(message)
        if ((message as { path: string }).path === '/outer') void ask('/inner')
      },
      end: record('end'),
      asyncStart: record('asyncStart'),
      asyncEnd: record('asyncEnd'),
      error: record('error'),
    }
    const subject = await new Subject().connected()
    const ask = async (path: string, signal?: AbortSignal): Promise<void> => {
      await outcomeOf(subject.getData(path, { signal }))
      events.push(`awaited ${path}`)
    }
    requestChannel.subscribe(subscribers)
    try {
      const asked = [ask('/outer'), ask('/late', AbortSignal.abort())]
      await subject.world.settle()
      subject.world.peer.replyData(1, 'x')
      subject.world.peer.replyData(2, 'x')
      await Promise.all(asked)
      await subject.world.settle()
    } finally {
      requestChannel.unsubscribe(subscribers)
    }
    const settled = (path: string): string[] => [`asyncStart ${path}`, `asyncEnd ${path}`, `awaited ${path}`]
    expect(events).to.deep.equal([
      ...['start /outer', 'start /inner', 'end /inner', 'end /outer', 'start /late', 'end /late'],
      ...['error /late ABORTED', 'asyncStart /late ABORTED', 'asyncEnd /late ABORTED', 'awaited /late'],
      ...settled('/inner'),
      ...settled('/outer'),
    ])
  })

  it('bind stores to the submission of a request', async () => {
    const span = new AsyncLocalStorage<string>()
    const seen: (string | undefined)[] = []
    const look = (): void => void seen.push(span.getStore())
    const ignore = (): void => {}
    const subscribers = { start: look, end: look, asyncStart: ignore, asyncEnd: ignore, error: ignore }
    requestChannel.start.bindStore(span, ({ operation, path }) => `${operation} ${path}`)
    requestChannel.subscribe(subscribers)
    try {
      const subject = await new Subject().connected()
      const asked = subject.getData('/a')
      look()
      await subject.world.settle()
      subject.world.peer.replyData(1, 'x')
      await asked
    } finally {
      requestChannel.unsubscribe(subscribers)
      requestChannel.start.unbindStore(span)
    }
    expect(seen).to.deep.equal(['getData /a', 'getData /a', undefined])
  })

  it('report states, failed attempts and unknown events', async () => {
    const heard: object[] = []
    const listen = (message: unknown): void => void heard.push(message as object)
    const channels = [stateChannel, attemptChannel, unknownEventChannel]
    for (const channel of channels) channel.subscribe(listen)
    try {
      const subject = await new Subject().connected()
      const { world } = subject
      world.peer.event(77, '/x')
      world.peer.event(EventType.nodeCreated, '/nobody-watches')
      await world.settle()
      let refusals = 1
      world.onConnect = peer => (refusals-- > 0 ? peer.close(new Error('refused')) : peer.accept())
      world.peer.close()
      await world.advance(2000)
    } finally {
      for (const channel of channels) channel.unsubscribe(listen)
    }
    expect(heard.map(message => Object.keys(message)[0])).to.deep.equal([
      'state',
      'type',
      'state',
      'server',
      'state',
    ])
    expect(heard[1]).to.deep.equal({ type: 77, state: 3, path: '/x' })
    expect(heard[2]).to.include({ state: 'suspended', previous: 'connected' })
    expect(heard[3]).to.have.nested.property('error.code', 'CONNECT_FAILED')
  })
})
