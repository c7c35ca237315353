import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type ZooKeeper } from '@zookit/client'
import { machineTime } from '../entries.ts'
import { Cluster, TICK } from '../place/cluster.ts'
import { type Figure, ms, quantile, type Setting } from './figure.ts'

/** Session timeouts that are tried, in milliseconds. */
const TIMEOUTS: readonly number[] = [2000, 3000, 4000, 6000, 8000]

/** A client, and when it noticed what. */
interface Listener {
  readonly zk: ZooKeeper
  readonly timeout: number
  /** The time of the newest answer. */
  heardAt: number
  suspendedAt: number
  expiredAt: number
}

async function listen(hosts: string, timeout: number): Promise<Listener> {
  const zk = await connect(hosts, { sessionTimeout: timeout })
  const listener = { zk, timeout, heardAt: 0, suspendedAt: 0, expiredAt: 0 }
  zk.on('state', state => {
    if (state === 'suspended') listener.suspendedAt = machineTime()
    if (state === 'expired') listener.expiredAt = machineTime()
  })
  return listener
}

/** Asks again and again, so that the newest answer is new when the servers fall silent. */
function keepAsking(listeners: readonly Listener[]): () => void {
  const timer = setInterval(() => {
    for (const each of listeners)
      each.zk.exists('/').then(
        () => (each.heardAt = machineTime()),
        () => {},
      )
  }, 20)
  return () => clearInterval(timer)
}

/** Lets members fall silent, and returns the listeners when all of them have noticed and come back. */
async function silence(
  cluster: Cluster,
  which: 'one' | 'all',
  { scale, say }: Setting,
  see: (listener: Listener, stoppedAt: number) => void,
): Promise<void> {
  const members = which === 'one' ? cluster.members.slice(0, 1) : cluster.members
  const hosts = members.map(({ server }) => server.hosts).join(',')
  for (let round = 1; round <= Math.max(1, Math.round(4 * scale)); round++) {
    const wanted = [...TIMEOUTS, ...TIMEOUTS, ...TIMEOUTS]
    const listeners = await Promise.all(wanted.map(timeout => listen(hosts, timeout)))
    const stop = keepAsking(listeners)
    await sleep(1000)
    // A frozen follower that is given up by its leader would take its time to come back.
    const stoppedAt = machineTime()
    await Promise.all(members.map(({ server }) => server.pause()))
    stop()
    await sleep((which === 'one' ? 1 : 1.5) * Math.max(...TIMEOUTS))
    await Promise.all(members.map(({ server }) => server.resume()))
    for (const each of listeners) see(each, stoppedAt)
    say(`  round ${round}`)
    await cluster.waitForQuorum()
    await Promise.all(listeners.map(({ zk }) => zk.close()))
  }
}

/** A difference in milliseconds, for people. */
const signed = (difference: number): string => `${difference < 0 ? '-' : '+'} ${ms(Math.abs(difference))}`

/** The time from the freeze of a server to `suspended`. */
export const deadPeer: Figure = {
  name: 'dead-peer',
  bar: 'a dead peer is noticed within 2/3 of the session timeout + 100 ms',
  async measure(setting) {
    await using cluster = await Cluster.start(setting.installation, 0)
    const over: number[] = []
    await silence(cluster, 'one', setting, ({ suspendedAt, timeout }, stoppedAt) =>
      over.push(suspendedAt === 0 ? Number.POSITIVE_INFINITY : suspendedAt - stoppedAt - (timeout * 2) / 3),
    )
    const worst = Math.max(...over)
    const text = `${over.length} clients with timeouts of ${TIMEOUTS[0]} to ${TIMEOUTS.at(-1)} ms: at most 2/3 ${signed(worst)}, half of them within 2/3 ${signed(quantile(over, 0.5))} (tickTime ${TICK})`
    return { text, isReached: worst <= 100 }
  },
}

/** The time from the last answer of any server to `expired`. */
export const expiry: Figure = {
  name: 'expiry',
  bar: 'a session is given up 4/3 of its timeout after the last answer, to within 5 %',
  async measure(setting) {
    await using cluster = await Cluster.start(setting.installation, 0)
    const parts: number[] = []
    await silence(cluster, 'all', setting, ({ expiredAt, heardAt, timeout }) =>
      parts.push(expiredAt === 0 ? Number.POSITIVE_INFINITY : (expiredAt - heardAt) / ((timeout * 4) / 3)),
    )
    const [least, most] = [Math.min(...parts), Math.max(...parts)]
    const text = `${parts.length} sessions with timeouts of ${TIMEOUTS[0]} to ${TIMEOUTS.at(-1)} ms: from ${(100 * least).toFixed(1)} % to ${(100 * most).toFixed(1)} % of 4/3`
    return { text, isReached: least >= 0.95 && most <= 1.05 }
  },
}
