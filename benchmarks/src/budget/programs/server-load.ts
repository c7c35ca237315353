// Keeps a server busy with bare sockets. The first line says how; each later line requests a round.

import { bareRounds } from '../../clients/bare/rounds.ts'
import { perRead } from '../../clients/bare/senders.ts'
import type { Round } from '../../clients/support/round.ts'
import { eachLine, say } from '../../stub/lines.ts'

export interface ServerLoad {
  hosts: string
  load: 'getData' | 'setData' | 'createDelete'
  connections: number
  /** The requests in flight of each connection. */
  inFlight: number
  node: string
}

export interface Served {
  /** Requests per second: two for a create with its delete. */
  perSecond: number
}

let rounds: Round[] = []

async function prepare({ connections, ...order }: ServerLoad): Promise<void> {
  const cell = { ...order, payload: 100, parent: '', watched: 0, rate: 0 }
  const prepareOne = bareRounds(perRead)
  rounds = await Promise.all(
    Array.from({ length: connections }, async (_, connection) => {
      const round = await prepareOne({ ...cell, connection })
      if (typeof round === 'string') throw new Error(round)
      return round
    }),
  )
}

await eachLine<ServerLoad | { seconds: number }>(async order => {
  if ('load' in order) {
    await prepare(order)
    return say({ perSecond: 0 } satisfies Served)
  }
  const results = await Promise.all(rounds.map(round => round(order.seconds)))
  say({ perSecond: results.reduce((sum, { ops, seconds }) => sum + ops / seconds, 0) } satisfies Served)
})
