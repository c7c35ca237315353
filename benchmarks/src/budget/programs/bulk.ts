// Reads the same znode many times: with a promise for each read, and with one for all of them.

import { connect } from '@zookit/client'
import { op, Reader, Writer } from '@zookit/jute'
import { answer } from './answer.ts'

/** CPU time per znode in microseconds. */
export interface Bulk {
  /** A getData and a promise for each of 1 000 znodes. */
  eachOfFew: number
  /** The same for 100 000. */
  eachOfMany: number
  few: number
  many: number
  /** 100 000 znodes without their Stats. */
  manyWithoutStat: number
  /** 1 000 and 100 000 znodes, handed out one by one. */
  fewStreamed: number
  streamed: number
  /** Results that are made from one reply again and again, and held: 1 000 at a time, and 100 000. */
  heldFew: number
  heldMany: number
}

const FEW = 1000
const MANY = 100_000

await answer<{ hosts: string; path: string; warmUp: number }>(
  async ({ hosts, path, warmUp }): Promise<Bulk> => {
    const zk = await connect(hosts)
    const paths = new Array<string>(MANY).fill(path)
    const some = paths.slice(0, FEW)

    /** Runs a read of `count` znodes until it has read MANY of them. @returns CPU time per znode. */
    const measure = async (count: number, read: () => Promise<unknown>): Promise<number> => {
      const before = process.cpuUsage()
      for (let left = MANY; left > 0; left -= count) await read()
      const { user, system } = process.cpuUsage(before)
      return (user + system) / MANY
    }
    const { data, stat } = await zk.getData(path)
    const writer = new Writer(data!.length + 100)
    op.getData.writeResponse(writer, { data, stat })
    const reply = writer.written()
    const held = async (count: number): Promise<unknown> =>
      Array.from({ length: count }, () => op.getData.readResponse(new Reader(reply)))
    const streamed = async (all: readonly string[]): Promise<void> => {
      for await (const _ of zk.streamMany(all));
    }
    const round = async (): Promise<Bulk> => ({
      eachOfFew: await measure(FEW, () => Promise.all(some.map(one => zk.getData(one)))),
      few: await measure(FEW, () => zk.getMany(some)),
      eachOfMany: await measure(MANY, () => Promise.all(paths.map(one => zk.getData(one)))),
      many: await measure(MANY, () => zk.getMany(paths)),
      manyWithoutStat: await measure(MANY, () => zk.getMany(paths, { stat: false })),
      fewStreamed: await measure(FEW, () => streamed(some)),
      streamed: await measure(MANY, () => streamed(paths)),
      heldFew: await measure(FEW, () => held(FEW)),
      heldMany: await measure(MANY, () => held(MANY)),
    })
    for (let i = 0; i < warmUp; i++) await round()
    const measured = await round()
    await zk.close()
    return measured
  },
)
