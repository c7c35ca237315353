// The caller of a service: finds its instances, and goes on with the next one when a call fails.

import { setTimeout } from 'node:timers/promises'
import { connect, ZooKeeperError } from '@zookit/client'
import { ServiceDiscovery, type ServiceInstance, uriOf } from '@zookit/recipes'

const [hosts = '127.0.0.1:2181', pause = '1000'] = process.argv.slice(2)

const zk = await connect(hosts)
const discovery = new ServiceDiscovery(zk, '/services')
const service = discovery.service('quotes')
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())

async function quote(instance: ServiceInstance, signal: AbortSignal): Promise<string> {
  const response = await fetch(uriOf(instance), { signal })
  if (!response.ok) throw new Error(`${instance.id} has answered ${response.status}`)
  return response.text()
}

/** Prints who comes, who goes, and who is left out for a while because a call has failed. */
async function report(): Promise<void> {
  for await (const event of service.changes()) {
    if (event.type === 'added') console.log(`${event.instance.id} is there`)
    if (event.type === 'removed') console.log(`${event.instance.id} is gone`)
    if (event.type === 'out') console.log(`${event.instance.id} is left out`)
  }
}

const reporting = report()
await service.start({ timeout: 10_000 })
while (!stop.signal.aborted) {
  try {
    console.log(await service.call(quote, { attempts: 2, attemptTimeout: 2000, signal: stop.signal }))
  } catch (error) {
    if (ZooKeeperError.is(error) && error.code === 'NO_INSTANCE') console.log('nobody is there')
    else if (!stop.signal.aborted) console.log(`no answer: ${error}`)
  }
  await setTimeout(Number(pause), undefined, { signal: stop.signal }).catch(() => {})
}
await service.close()
await reporting
await zk.close()
