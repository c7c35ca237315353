// Watches one znode over many sessions: ten listeners on each, or a bare socket that counts the event's frame and calls ten functions.

import { connect, type ZooKeeper } from '@zookit/client'
import { BareSocket } from '../../clients/bare/bare-socket.ts'
import { watchedPath } from '../../stub/control.ts'
import { answer } from './answer.ts'

/** The first line says where to connect, the others what to do. */
export type Order =
  | { hosts: string; sessions: number; listeners: number; bare: boolean }
  | { step: 'arm' | 'heard' }

export interface Heard {
  /** The wall-clock time of the last callback, in milliseconds. */
  at: number
}

const PATH = watchedPath(0)

let arm: () => Promise<unknown>
let heard: Promise<number>
let left = 0
let told: (at: number) => void

function onEvent(): void {
  if (--left === 0) told(performance.timeOrigin + performance.now())
}

async function openBare(hosts: string, sessions: number, listeners: number): Promise<() => Promise<unknown>> {
  const sockets = Array.from({ length: sessions }, () => new BareSocket(hosts))
  await Promise.all(sockets.map(socket => socket.shake()))
  const calls = Array.from({ length: listeners }, () => () => onEvent())
  const callAll = (): void => {
    for (const call of calls) call()
  }
  for (const socket of sockets) socket.onFrames = callAll
  return async () => {}
}

async function open(hosts: string, sessions: number, listeners: number): Promise<() => Promise<unknown>> {
  const clients: ZooKeeper[] = []
  for (let i = 0; i < sessions; i++) clients.push(await connect(hosts))
  const watch = (zk: ZooKeeper) => zk.exists(PATH, { watch: () => onEvent() })
  return () => Promise.all(clients.flatMap(zk => Array.from({ length: listeners }, () => watch(zk))))
}

await answer<Order>(async order => {
  if ('hosts' in order) {
    const { hosts, sessions, listeners, bare } = order
    arm = await (bare ? openBare : open)(hosts, sessions, listeners)
    const all = sessions * listeners
    const once = arm
    arm = async () => {
      left = all
      heard = new Promise(resolve => {
        told = resolve
      })
      await once()
    }
    return {}
  }
  if (order.step === 'arm') await arm()
  return { at: order.step === 'arm' ? 0 : await heard } satisfies Heard
})
