import assert from 'node:assert/strict'
import { connect, type ZooKeeper } from '@zookit/client'
import type { TestServer } from '@zookit/testing'
import { type Simulation, simulate, type World } from '@zookit/testing/simulate'
import { readStock, sell } from './stock.ts'

interface Shop {
  world: World
  server: TestServer
  tills: ZooKeeper[]
  sold: number
}

const PIECES = 1000

/** Two tills that sell from one stock: no piece is sold twice. */
export const shop: Simulation<Shop> = {
  async setUp(world) {
    const server = await world.server({ seed: { stock: JSON.stringify({ tea: PIECES }) } })
    const open = (name: string) => connect(server.hosts, { environment: world.process(name).environment })
    return { world, server, tills: [await open('till 1'), await open('till 2')], sold: 0 }
  },
  steps: {
    'sell at till 1': { weight: 5, run: state => sellAt(state, 0) },
    'sell at till 2': { weight: 5, run: state => sellAt(state, 1) },
    'reset all connections': { weight: 1, run: ({ world }) => world.network.reset({}) },
  },
  async settle({ world, tills, sold }) {
    await world.sleep(10_000)
    const { tea } = await readStock(tills[0]!)
    // A sale whose answer was lost may have been made; one that was answered was made.
    assert(tea! <= PIECES - sold, `${sold} pieces were sold, and ${tea} of ${PIECES} are left`)
    for (const till of tills) await till.close()
  },
}

async function sellAt(state: Shop, till: number): Promise<void> {
  const isSold = await sell(state.tills[till]!, 'tea').catch(() => false)
  if (isSold) state.sold++
}

if (process.argv[1] === import.meta.filename) await simulate(shop, { seeds: 100, steps: 100 })
