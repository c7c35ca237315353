// Two candidates, an observer, and a leader that resigns.

import { connect } from '@zookit/client'
import { LeaderElection } from '@zookit/recipes'

const hosts = process.argv[2] ?? '127.0.0.1:2181'
await using one = await connect(hosts)
await using two = await connect(hosts)

// With a handle: campaign, lead, resign.
const leadership = await new LeaderElection(one, '/leader', { data: 'one' }).campaign({ timeout: 30_000 })

// With a callback: it is called whenever this candidate is elected, and the candidate stands again when it returns.
const stop = new AbortController()
const leading = new LeaderElection(two, '/leader', { data: 'two' }).lead(
  async signal => {
    console.log('two: at work')
    await new Promise(resolve => signal.addEventListener('abort', resolve))
    console.log('two: at rest')
  },
  { signal: stop.signal },
)

// The observer sees all candidates, the leader first.
for await (const { leader, candidates } of new LeaderElection(one, '/leader').observe()) {
  console.log(`${leader?.data} leads, of ${candidates.length}`)
  if (candidates.length === 2) await leadership.resign()
  else if (String(leader?.data) === 'two') break
}

stop.abort()
await leading
