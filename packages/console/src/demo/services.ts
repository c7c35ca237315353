import { Group, Partitioner, Queue, ServiceRegistry } from '@zookit/recipes'
import { type Actor, about } from './actor.ts'

const ids = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)

const instance =
  (name: string, id: number): Actor =>
  async (zk, { signal, rest }) => {
    await using registry = new ServiceRegistry(zk, '/services')
    const address = `10.0.${name.length}.${id}`
    const publication = await registry.publish({
      name,
      id: `${name}-${id}`,
      address,
      port: 8080,
      payload: { zone: id % 2 ? 'north' : 'south' },
    })
    while (!signal.aborted) {
      await rest(about(15_000))
      await publication.report(false, { reason: 'out of memory' })
      await rest(about(5000))
      await publication.report(true)
    }
  }

const producer: Actor = async (zk, { signal, rest }) => {
  const mails = new Queue(zk, '/queues/mails')
  for (let number = 1; !signal.aborted; number++) {
    if ((await mails.size({ signal })) < 25)
      await mails.put(number % 9 === 0 ? `bounce ${number}` : `mail ${number}`, { signal })
    await rest(about(900))
  }
}

const consumer: Actor = async (zk, { signal, rest }) => {
  await new Queue(zk, '/queues/mails', { maxAttempts: 2 }).consume(
    async item => {
      await rest(about(1300))
      if (String(item.data).startsWith('bounce')) throw new Error('there is no such address')
    },
    { signal, onError: () => {} },
  )
}

const worker =
  (id: number): Actor =>
  async (zk, { signal, rest }) => {
    const group = new Group(zk, '/workers', { data: `worker-${id}: idle` })
    const membership = await group.join({ name: `worker-${id}`, signal })
    for (let jobs = 1; !signal.aborted; jobs++) {
      await rest(about(3000))
      await membership.setData(`worker-${id}: ${jobs} jobs done`)
    }
  }

const partitioned =
  (id: number): Actor =>
  async (zk, { signal }) => {
    await using partitioner = new Partitioner(zk, '/orders', {
      partitions: ['europe', 'asia', 'africa', 'america'],
      member: `order-${id}`,
    })
    await partitioner.start({ signal })
    await new Promise(resolve => signal.addEventListener('abort', resolve))
  }

/** Fills a container with znodes that go by themselves, so that there are always some. */
const cacher: Actor = async (zk, { signal, rest }) => {
  await zk.ensurePath('/cache', { mode: 'container', signal })
  while (!signal.aborted) {
    await zk.create('/cache/page-', 'goes by itself after two minutes without a change', {
      mode: 'ttl-sequential',
      ttl: 120_000,
      signal,
    })
    await rest(about(40_000))
  }
}

const administrator: Actor = async (zk, { signal, rest }) => {
  for (let replicas = 3; !signal.aborted; replicas = 2 + Math.floor(Math.random() * 6)) {
    const { value, stat } = await zk.getJson('/config/app.json', { signal })
    await zk.setJson('/config/app.json', { ...(value as object), replicas }, { version: stat.version })
    await rest(about(6000))
  }
}

/** The actors who work. */
export const SERVICE_ACTORS: readonly Actor[] = [
  ...ids(3).map(id => instance('web', id)),
  ...ids(2).map(id => instance('billing', id)),
  producer,
  consumer,
  ...ids(4).map(worker),
  ...ids(2).map(partitioned),
  cacher,
  administrator,
]
