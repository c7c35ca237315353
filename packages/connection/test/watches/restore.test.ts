import { expect } from 'chai'
import { Kind } from '../../src/watches/held-watches.ts'
import { ServerWatches } from '../../src/watches/server-watches.ts'
import { WatchRegistry } from '../../src/watches/watch-registry.ts'
import { WatchRestore } from '../../src/watches/watch-restore.ts'

describe('The setting of watches on a new connection', () => {
  it('W2 is not over where a watcher leaves the connection: the next one still asks for all since the gap', () => {
    const registry = new WatchRegistry((watcher, event) => watcher(event))
    const server = new ServerWatches(registry, () => 100n)
    const restore = new WatchRestore(registry, server)
    // As `updateServers` does, which loses the connection at once where nothing is to be answered.
    registry.add('data', '/refused', () => restore.end())
    registry.add('data', '/missed', () => {})
    server.putBack('/refused', { kinds: Kind.data, since: 5n })
    server.putBack('/missed', { kinds: Kind.data, since: 7n })
    restore.begin(100n, () => 0)
    expect(restore.unanswered).to.equal(2)
    expect(restore.onAnswer(-102)).to.equal(false)
    expect([...server.holes()].map(([, since]) => since)).to.include(7n)
  })
})
