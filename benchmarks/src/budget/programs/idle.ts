// Opens many sessions that do nothing, or as many bare sockets, and measures their memory and the CPU time of the process.

import { once } from 'node:events'
import { connect as connectSocket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '@zookit/client'
import { handshake } from '../../clients/bare/frames.ts'
import { answer } from './answer.ts'

export interface Idle {
  /** Bytes of the heap and of buffers for each session, after a collection. */
  bytes: number
  /** The share of a core that the process takes. */
  share: number
}

function memory(): number {
  for (let i = 0; i < 4; i++) globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

async function openBare(hosts: string): Promise<object> {
  const [host, port] = hosts.split(':') as [string, string]
  const socket = connectSocket({ host, port: Number(port), noDelay: true })
  socket.write(handshake())
  await once(socket, 'data')
  socket.on('data', () => {})
  return socket
}

interface Order {
  hosts: string
  sessions: number
  bare: boolean
  /** Seconds before the measurement of CPU time, and of it. */
  settle: number
  seconds: number
}

const kept: object[] = []

await answer<Order>(async ({ hosts, sessions, bare, settle, seconds }) => {
  const open = bare ? openBare : connect
  // The first one brings what all of them share.
  kept.push(await open(hosts))
  const before = memory()
  for (let i = 0; i < sessions; i++) kept.push(await open(hosts))
  const bytes = (memory() - before) / sessions
  // The first pings compile their code, and the collector clears up after the start.
  await sleep(settle * 1000)
  const cpu = process.cpuUsage()
  await sleep(seconds * 1000)
  const { user, system } = process.cpuUsage(cpu)
  return { bytes, share: (user + system) / 1e6 / seconds } satisfies Idle
})
