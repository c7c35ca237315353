import { connect } from '@zookit/client'
import { nodeEnvironment } from '@zookit/connection'
import { machineTime } from '../entries.ts'
import { Cluster } from '../place/cluster.ts'
import { type Figure, ms } from './figure.ts'

const CLIENTS = 200
/** The pause before the first attempt is random, up to these milliseconds. */
const WINDOW = 2000

/** The spread of the reconnects of many clients that lose their server together. */
export const storm: Figure = {
  name: 'storm',
  bar: `the reconnects of ${CLIENTS} clients that lose their server together spread over at least 80 % of the window`,
  async measure({ installation }) {
    await using cluster = await Cluster.start(installation, 0)
    const [first] = cluster.members
    const begun: number[] = []
    let lostAt = Number.POSITIVE_INFINITY
    const environment = {
      ...nodeEnvironment,
      open: (...[target, handler]: Parameters<typeof nodeEnvironment.open>) => {
        if (machineTime() > lostAt) begun.push(machineTime() - lostAt)
        return nodeEnvironment.open(target, handler)
      },
    }
    // All begin with the first server, and find a healthy one with their next attempt.
    const options = {
      sessionTimeout: 20_000,
      backoff: { initial: WINDOW, max: 5000 },
      shuffle: false,
      environment,
    }
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => connect(cluster.hosts, options)))
    const lost = Promise.all(clients.map(zk => new Promise<void>(done => zk.on('state', () => done()))))
    const isMoved = clients.some(zk => zk.session.server?.port !== first!.server.port)
    if (isMoved) throw new Error('the clients have left their server before it was killed')
    lostAt = machineTime()
    await first!.server.kill()
    await lost
    await Promise.all(clients.map(zk => zk.ready()))
    await Promise.all(clients.map(zk => zk.close()))
    const spread = Math.max(...begun) - Math.min(...begun)
    const tenths = new Set(begun.map(at => Math.min(Math.floor((10 * at) / WINDOW), 9)))
    const part = spread / WINDOW
    const text = `${begun.length} attempts over ${ms(spread)} of a window of ${ms(WINDOW)} (${(100 * part).toFixed(0)} %), in ${tenths.size} of its tenths`
    return { text, isReached: part >= 0.8 && begun.length >= CLIENTS }
  },
}
