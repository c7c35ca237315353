// One client of a run against real servers, in a process of its own: started by clients.ts, and told what to do by messages.

import { type ConnectOptions, connect, type ZooKeeper } from '@zookit/client'
import { nodeEnvironment } from '@zookit/connection'
import { authorityPem } from '@zookit/test-fixtures'
import { Random } from '@zookit/testing/simulate'
import { machineTime, Recorder } from '../entries.ts'
import { type Load, LoadContext } from './context.ts'
import { caches } from './loads/caches.ts'
import { discovery } from './loads/discovery.ts'
import { locks } from './loads/locks.ts'
import { queues } from './loads/queues.ts'
import { registers } from './loads/registers.ts'
import { watches } from './loads/watches.ts'
import type { Answer, ClientPlan, Order } from './orders.ts'

const LOADS: Readonly<Record<string, Load>> = { registers, watches, locks, caches, queues, discovery }

/** Milliseconds between two looks whether the session is certain. */
const LOOK = 20

let wallOffset = 0

function optionsOf({ secure, sessionTimeout }: ClientPlan): ConnectOptions {
  return {
    sessionTimeout,
    connectTimeout: Number.POSITIVE_INFINITY,
    backoff: { initial: 100, max: 1000 },
    environment: { ...nodeEnvironment, wallTime: () => Date.now() + wallOffset },
    ...(secure && { tls: { ca: authorityPem(), servername: 'localhost' } }),
  }
}

/** Records what happens to the session. */
function observe(zk: ZooKeeper, recorder: Recorder): void {
  const note = (): void => {
    const { server } = zk.session
    const where = server === null ? null : `${server.host}:${server.port}`
    recorder.note({ kind: 'state', state: zk.state, session: String(zk.session.id), server: where })
  }
  note()
  zk.on('state', note)
  zk.on('attemptFailed', ({ message }) => recorder.note({ kind: 'attempt', message }))
  setInterval(() => {
    // The time comes first: the session was certain no earlier than that.
    const at = machineTime()
    const session = zk.session.id
    if (zk.certain && zk.session.id === session)
      recorder.note({ kind: 'certain', session: String(session) }, at)
  }, LOOK).unref()
}

/** Does what the run orders. */
async function obey({ order }: Order, started: Promise<LoadContext>): Promise<void> {
  const context = await started
  if (order === 'finish') await context.finish()
  if (order === 'close') await context.zk.close()
  const reports = Object.entries(LOADS).map(([load, { report }]) => [load, report?.(context)])
  process.send!({
    done: order,
    state: context.zk.state,
    reports: Object.fromEntries(reports),
  } satisfies Answer)
}

async function main(plan: ClientPlan): Promise<void> {
  // The run is gone.
  process.once('disconnect', () => process.exit(1))
  const recorder = new Recorder(plan.file)
  const started = (async () => {
    const zk = await connect(plan.hosts, optionsOf(plan))
    observe(zk, recorder)
    const name = `${plan.name}#${plan.life}`
    const context = new LoadContext(zk, name, new Random(`${plan.seed}/${name}`), recorder)
    for (const load of Object.values(LOADS)) load.start(context)
    return context
  })()
  process.on('message', (order: Order) => {
    if (order.order === 'clock') wallOffset += order.by!
    else void obey(order, started)
  })
  await started
}

await main(JSON.parse(process.argv[2]!) as ClientPlan)
