import { connect } from '@zookit/client'
import { World } from '@zookit/testing/simulate'

/**
 * Calls an operation on a whole tree once. The first call loads a module, which takes real time: a world that waits for that
 * does not repeat itself.
 */
export async function loadWholeTrees(): Promise<void> {
  const world = new World({ seed: 'whole trees' })
  await world.run(async () => {
    const { hosts } = await world.server()
    const zk = await connect(hosts, { environment: world.process('loader').environment })
    await zk.removeTree('/nothing')
    await zk.close()
  }, Number.POSITIVE_INFINITY)
}
