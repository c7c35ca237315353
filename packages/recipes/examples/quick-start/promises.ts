import { connect, type ZooKeeper } from '@zookit/client'
import { Config, LeaderElection, Mutex, ServiceDiscovery, ServiceRegistry } from '@zookit/recipes'
import { z } from 'zod'
import { show, title } from './show.ts'

/** A configuration that changes at run time, and survives a mistake. */
export async function liveConfiguration(zk: ZooKeeper, hosts: string): Promise<void> {
  title('Live configuration: validated, typed, followed')
  const schema = z.object({ level: z.enum(['info', 'debug']), limit: z.number().int() })
  await using operator = await connect(hosts)
  const settings = new Config(operator, '/config', { schema })
  await settings.set({ level: 'info', limit: 100 })

  await using config = new Config(zk, '/config', { schema })
  await config.start()
  const changes = config.changes()
  show('new Config(zk, path, { schema }).current', JSON.stringify(config.current))
  await operator.setData('/config', '{"level":"loud"}')
  for await (const event of changes) {
    if (event.type === 'invalid') {
      show('another client writes what the schema refuses', `still ${JSON.stringify(config.current)}`)
      await settings.set({ level: 'debug', limit: 200 })
    } else if (event.type === 'changed') {
      show('another client corrects it', JSON.stringify(event.value))
      break
    }
  }
}

/** Instances that come and go, and calls that find one that works. */
export async function discovery(zk: ZooKeeper, hosts: string): Promise<void> {
  title('Discovery, with failover')
  await using first = await connect(hosts)
  const second = await connect(hosts)
  await new ServiceRegistry(first, '/services').publish({ name: 'web', id: 'one', address: '10.0.0.1' })
  await new ServiceRegistry(second, '/services').publish({ name: 'web', id: 'two', address: '10.0.0.2' })

  await using web = new ServiceDiscovery(zk, '/services').service('web')
  const changes = web.changes()
  await web.start()
  show("discovery.service('web').current", web.current.map(({ id }) => id).join(', '))
  const answer = await web.call(async ({ id }) => {
    if (id === 'one') throw new Error('connection refused')
    return `answered by ${id}`
  })
  show('service.call(...), and instance one refuses', answer)
  await second.close()
  for await (const event of changes) {
    if (event.type === 'removed') break
  }
  show('instance two goes down', `left: ${web.current.map(({ id }) => id).join(', ')}`)
}

/** A lock that the next contender gets, with a token that says which holder is newer. */
export async function lockHandedOver(hosts: string): Promise<void> {
  title('A lock, handed over')
  await using one = await connect(hosts)
  await using two = await connect(hosts)
  const held = await new Mutex(one, '/lock').acquire()
  show('one: mutex.acquire()', `held, token ${held.token}`)
  const waiting = new Mutex(two, '/lock').acquire({ timeout: 10_000 })
  await one.create('/report')
  await held.guard(one.transaction().setData('/report', 'by one')).commit()
  show('one: handle.guard(transaction).commit()', 'applied, because it still holds the lock')
  await held.release()
  const next = await waiting
  show('one: release(); two: mutex.acquire()', `held, a newer token: ${next.token > held.token}`)
  await next.release()
}

/** A leader that dies, and its successor. */
export async function leaderReplaced(hosts: string): Promise<void> {
  title('A leader, replaced')
  await using one = await connect(hosts)
  await using two = await connect(hosts)
  const leader = await new LeaderElection(one, '/leader', { data: 'one' }).campaign()
  show('one: election.campaign()', 'leads')
  leader.signal.addEventListener('abort', () => show('one: its signal', 'aborted: it must stop its work'))
  const campaign = new LeaderElection(two, '/leader', { data: 'two' }).campaign({ timeout: 10_000 })
  await one.close()
  const successor = await campaign
  show('one: its session ends; two: election.campaign()', 'leads')
  await successor.resign()
}
