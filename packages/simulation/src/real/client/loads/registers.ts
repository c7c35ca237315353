import type { Load } from '../context.ts'

/** The registers, and what they are made with. */
export const REGISTERS: readonly string[] = ['/registers/a', '/registers/b', '/registers/c']
export const FIRST = 'first'

/** Compare-and-set: several loops read a register, and replace what they have read. */
export const registers: Load = {
  start(context) {
    const { zk, random, recorder } = context
    for (let loop = 0; loop < 3; loop++)
      context.loop(25, async () => {
        const path = random.pick(REGISTERS)
        const found = await context.call({ load: 'registers', action: 'read', path }, async () => {
          const result = await zk.getData(path)
          recorder.note({ kind: 'seen', path, mzxid: String(result.stat.mzxid) })
          return result
        })
        if (found === undefined) return
        const { version } = found.stat
        const token = context.token()
        const about = { load: 'registers', action: 'swap', path, token, expected: String(found.data) }
        await context.call(about, async () => {
          const limits = random.chance(0.1) ? { timeout: random.int(1, 300) } : {}
          const { mzxid } = await zk.setData(path, token, { version, ...limits })
          recorder.note({ kind: 'seen', path, mzxid: String(mzxid) })
        })
      })
  },
}
