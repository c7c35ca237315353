import { type ZooKeeper, ZooKeeperError } from '@zookit/client'
import type { Random } from '@zookit/testing/simulate'
import type { Actor } from '../../actor.ts'
import { area } from '../../area.ts'
import type { System } from '../../system.ts'
import { UnderWay } from '../../under-way.ts'
import { failNow } from '../../violation.ts'
import { loadWholeTrees } from '../../whole-trees.ts'

await loadWholeTrees()

const TOP = '/asked'
const CHILDREN = ['a', 'b', 'c']

interface Limits {
  timeout?: number
  signal?: AbortSignal
}

/** A question. */
type Ask = (zk: ZooKeeper, limits: Limits) => Promise<unknown>

/** Questions whose answers differ. */
const anything: Record<string, Ask> = {
  getAcl: (zk, limits) => zk.getAcl(TOP, limits),
  getConfig: (zk, limits) => zk.getConfig(limits),
  getEphemerals: (zk, limits) => zk.getEphemerals('/', limits),
  // No server has the member that is to leave, so the ensemble stays as it is, or the request is refused.
  reconfig: (zk, limits) => zk.reconfig({ leaving: [99] }, limits),
  sync: (zk, limits) => zk.sync(TOP, limits),
  whoAmI: (zk, limits) => zk.whoAmI(limits),
}

const PATHS = [`${TOP}/a`, `${TOP}/none`, `${TOP}/b`]

/** Questions with the answer that every server gives at every time. */
const known: Record<string, readonly [Ask, string]> = {
  exists: [async (zk, limits) => (await zk.exists(TOP, limits))?.numChildren, '3'],
  'exists of nothing': [(zk, limits) => zk.exists('/nothing', limits), 'null'],
  getAllChildrenNumber: [(zk, limits) => zk.getAllChildrenNumber(TOP, limits), '3'],
  getChildren: [async (zk, limits) => (await zk.getChildren(TOP, limits)).children.sort(), 'a,b,c'],
  existsMany: [
    async (zk, limits) => (await zk.existsMany(PATHS, limits)).map(stat => stat !== null),
    'true,false,true',
  ],
  firstMissing: [(zk, limits) => zk.firstMissing(`${TOP}/a/none/at/all`, limits), `${TOP}/a/none`],
  getChildrenData: [
    async (zk, limits) => {
      const { children } = await zk.getChildrenData(TOP, limits)
      return [...children].map(([name, { data }]) => `${name}=${data}`).sort()
    },
    'a=a,b=b,c=c',
  ],
  getMany: [
    async (zk, limits) => (await zk.getMany(PATHS, limits)).map(each => `${each?.data}`),
    'a,undefined,b',
  ],
  'getMany of one moment': [
    async (zk, limits) => {
      const all = await zk.getMany(PATHS, { ...limits, snapshot: true })
      return all.map(each => `${each?.data}`)
    },
    'a,undefined,b',
  ],
  streamMany: [
    async (zk, limits) => {
      const rows: string[] = []
      for await (const [path, each] of zk.streamMany(PATHS, limits)) rows.push(`${path}=${each?.data}`)
      return rows.sort()
    },
    `${TOP}/a=a,${TOP}/b=b,${TOP}/none=undefined`,
  ],
  walk: [
    async (zk, limits) => {
      const rows: string[] = []
      for await (const { path } of zk.walk(TOP, limits)) rows.push(path)
      return rows.sort()
    },
    [TOP, ...CHILDREN.map(name => `${TOP}/${name}`)].join(),
  ],
  getData: [async (zk, limits) => (await zk.getData(`${TOP}/a`, limits)).data, 'a'],
  multiRead: [
    async (zk, limits) => {
      const [a, b] = await zk.multiRead(
        [
          { type: 'getData', path: `${TOP}/a` },
          { type: 'getData', path: `${TOP}/b` },
        ],
        limits,
      )
      return [a, b].map(each => (ZooKeeperError.is(each) ? each.code : each.data))
    },
    'a,b',
  ],
}

/** Limits of a question: none, a timeout or a signal. */
function limitsOf({ process }: Actor, random: Random): Limits {
  const limits: Limits = {}
  if (random.chance(0.2)) limits.timeout = random.int(1, 200)
  if (random.chance(0.1)) {
    const controller = new AbortController()
    process.environment.setTimer(() => controller.abort(), random.int(1, 100))
    limits.signal = controller.signal
  }
  return limits
}

/** Asks several things in one turn of the event loop: each is answered with what it asked for. */
async function ask({ calls }: { calls: UnderWay }, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (zk === null) return
  const all = Array.from({ length: random.int(1, 4) }, () => {
    const isKnown = random.chance(0.7)
    const name = random.pick(Object.keys(isKnown ? known : anything))
    const [question, answer] = known[name] ?? [anything[name]!, null]
    const asked = question(zk, limitsOf(actor, random)).then(
      result => {
        if (answer !== null && String(result) !== answer)
          failNow(`${actor.name} asked ${name}, and was told ${result}, not ${answer}`)
      },
      (error: unknown) => {
        if (!ZooKeeperError.is(error))
          failNow(`${name} was rejected with something other than a ZooKeeperError: ${error}`)
        throw error
      },
    )
    return calls.follow(actor, name, asked)
  })
  await Promise.all(all)
}

/** Questions: each operation that reads is answered with what it asked for, or fails with a typed error. */
export const questions = area<{ calls: UnderWay }>({
  name: 'questions',
  begin(system) {
    system.seed({ [TOP.slice(1)]: Object.fromEntries(CHILDREN.map(name => [name, name])) })
    return { calls: new UnderWay() }
  },
  steps: { 'ask several things': { weight: 3, run: ask } },
  quiet: ({ calls }, system) => calls.ended(system),
})
