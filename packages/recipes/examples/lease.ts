// One of all machines sends the daily report. The holder keeps the lease for a day, whatever happens to its process.

import { connect } from '@zookit/client'
import { Lease } from '@zookit/recipes'

const DAY = 24 * 3600 * 1000
const hosts = process.argv[2] ?? '127.0.0.1:2181'
await using zk = await connect(hosts)
await using other = await connect(hosts)

const lease = new Lease(zk, '/leases/daily-report', { duration: DAY, holder: 'host-a', data: 'begun' })
const held = await lease.tryAcquire({ timeout: 30_000 })
if (held) {
  console.log('host-a sends the report')
  await held.renew({ data: 'sent' })
}

// Another machine does nothing; it can look up why.
const theirs = new Lease(other, '/leases/daily-report', { duration: DAY, holder: 'host-b' })
if ((await theirs.tryAcquire()) === null) {
  const [holder] = await theirs.holders()
  console.log(`host-b does nothing: ${holder?.holder}, ${holder?.data}`)
}

// A host that comes back under its name still has its lease, with a higher token.
const again = await lease.tryAcquire()
console.log('host-a has it still:', again !== null && held !== null && again.token > held.token)
await again?.release()
