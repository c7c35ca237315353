import { AddWatchMode, EventType, op } from '@zookit/jute'
import { expect } from 'chai'
import type { Watcher } from '../../src/index.ts'
import { WatchRegistry } from '../../src/watches/watch-registry.ts'
import { Subject } from '../support/simulation.ts'

const { nodeDataChanged } = EventType

describe('A watcher that another one removes within an event', () => {
  it('W7 hears nothing after `removed`: not the event either', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    world.peer.onRequest = ({ xid }) => {
      world.peer.reply(xid, 0, writer => writer.int(0))
      return true
    }
    const heard: string[] = []
    const second: Watcher = ({ type }) => void heard.push(`second: ${type}`)
    const first: Watcher = ({ type }) => {
      heard.push(`first: ${type}`)
      void session.watches.remove('/x', 'persistent', { watcher: second })
    }
    for (const watcher of [first, second])
      await session.request(op.addWatch, { path: '/x', mode: AddWatchMode.persistent }, { watcher })
    world.peer.event(nodeDataChanged, '/x', 7n)
    await world.settle()
    expect(heard).to.deep.equal(['first: changed', 'second: removed'])
    await session.close()
  })

  for (const [how, kept] of [
    ['a recursive watch above', ['recursive', '/']],
    ['a one-shot watch', ['data', '/x']],
  ] as const) {
    it(`W8 hears of the event once all the same by ${how}`, () => {
      const heard: string[] = []
      const registry = new WatchRegistry((watcher, event) => watcher(event))
      const second: Watcher = ({ type }) => void heard.push(`second: ${type}`)
      const first: Watcher = () => registry.remove(['persistent'], '/x', second)
      registry.add('persistent', '/x', first)
      registry.add('persistent', '/x', second)
      registry.add(kept[0], kept[1], second)
      registry.fire(nodeDataChanged, '/x', 7n)
      expect(heard).to.deep.equal(['second: removed', 'second: changed'])
    })
  }
})
