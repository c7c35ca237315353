import { randomBytes } from 'node:crypto'
import type { ZooKeeper } from '@zookit/client'
import type { Context } from '../../program/context.ts'
import { type Command, command, optionalPath, parsed, whole, wholeNumber } from '../../program/definition.ts'
import { codeOf, explain, UsageError } from '../../program/errors.ts'
import { formatTable } from '../../text/table.ts'
import { LOADS, type Measured, runLoad, type Scratch } from './bench-load.ts'

/** Bounds, so that a slip of a finger does not harm an ensemble. The largest size is below the servers' default of 1 MiB. */
const MOST = { inFlight: 10_000, seconds: 600, clients: 100, size: 1_000_000 }
const LEAST_SECONDS = 0.01
/** The time of each load that is not measured, in milliseconds: the code of both ends is compiled meanwhile. */
const WARM_UP = 300
const HEAD = ['operation', 'in flight', 'ops/s', 'p50 ms', 'p90 ms', 'p99 ms', 'p99.9 ms', 'max ms']

/** A row of the result. */
type Row = Measured & { readonly inFlight: number; readonly clients: number; readonly size: number }

export const bench: Command = command({
  name: 'bench',
  group: 'ensemble',
  summary: 'Measure the throughput and the latency of operations against the servers.',
  details: [
    'Each load runs for --seconds with a fixed number of requests in flight: a next request is sent when one is answered. `create` deletes what it has created, and measures both. All that it creates is below one znode, and is removed at the end.',
    'It asks for as much as the servers give: others who use them will notice.',
  ],
  args: { path: optionalPath('the parent of the znode that it creates. Default /') },
  options: {
    ops: parsed('LIST', `the loads, of ${Object.keys(LOADS).join(', ')}. Default all`, loadsOf),
    inFlight: parsed('LIST', 'numbers of requests in flight. Default 1,64', inFlightOf),
    seconds: parsed('SECONDS', 'how long each row is measured, such as 0.5. Default 2', secondsOf),
    clients: whole('COUNT', 'sessions that share the requests. Default 1', { least: 1, most: MOST.clients }),
    size: whole('BYTES', 'bytes of data. Default 100', { most: MOST.size }),
  },
  examples: [
    ['zookit --hosts zk1,zk2,zk3 bench', 'all loads, half a minute'],
    ['zookit bench --ops getData,setData --in-flight 1,100,1000 --size 1000', 'two of them'],
    ['zookit bench --json > before.ndjson', 'one JSON object a row'],
  ],
  async run(context, { path: parent = '/' }, options) {
    const {
      ops = Object.keys(LOADS),
      inFlight = [1, 64],
      seconds = 2,
      clients: count = 1,
      size = 100,
    } = options
    await using clients = await connectAll(context, count)
    const scratch = await makeScratch(context, parent, size)
    const rows: Row[] = []
    try {
      for (const operation of ops) {
        for (const each of inFlight) {
          if (context.signal.aborted) break
          const effort = { clients: clients.all, inFlight: each, signal: context.signal }
          const turn = LOADS[operation]!(scratch)
          await runLoad(turn, { ...effort, duration: WARM_UP })
          for (const result of await runLoad(turn, { ...effort, duration: seconds * 1000 })) {
            const row = { ...result, inFlight: each, clients: count, size }
            rows.push(row)
            if (context.out.json) context.out.result(row, () => '')
          }
        }
      }
    } finally {
      if (rows.length > 0 && !context.out.json) context.out.result(rows, () => format(rows))
      await removeScratch(context, scratch.path)
    }
  },
})

function secondsOf(given: string): number {
  const value = Number(given)
  if (/^\d+(\.\d+)?$/.test(given) && value >= LEAST_SECONDS && value <= MOST.seconds) return value
  throw new UsageError(
    `must be a number of seconds from ${LEAST_SECONDS} to ${MOST.seconds}, such as 0.5, not '${given}'`,
  )
}

function loadsOf(given: string): readonly string[] {
  const names = given.split(',')
  const unknown = names.find(name => !Object.hasOwn(LOADS, name))
  if (unknown === undefined) return names
  throw new UsageError(`there is no load '${unknown}': there are ${Object.keys(LOADS).join(', ')}`)
}

function inFlightOf(given: string): readonly number[] {
  return given.split(',').map(each => wholeNumber(each, { least: 1, most: MOST.inFlight }))
}

/** Clients, the first of which is the command's own. */
interface Clients extends AsyncDisposable {
  readonly all: readonly ZooKeeper[]
}

async function connectAll(context: Context, count: number): Promise<Clients> {
  const first = await context.client()
  const { hosts, options } = await context.target()
  const { connect } = await import('@zookit/client')
  const { signal } = context
  const attempts = await Promise.allSettled(
    Array.from({ length: count - 1 }, () => connect(hosts, { ...options, signal })),
  )
  const others = attempts.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
  const close = async (): Promise<void> => void (await Promise.all(others.map(zk => zk.close())))
  const failed = attempts.find(each => each.status === 'rejected')
  if (failed === undefined) return { all: [first, ...others], [Symbol.asyncDispose]: close }
  await close()
  throw failed.reason
}

/**
 * Creates the znode that the loads work on. It is a container where the server has them: should this program be killed, the
 * server deletes it once the ephemeral znodes below it are gone. One of these stays as long as the session: without it, the
 * server would delete the container between two turns of `create`.
 */
async function makeScratch(context: Context, parent: string, size: number): Promise<Scratch> {
  const zk = await context.client()
  const data = randomBytes(size)
  const path = `${parent === '/' ? '' : parent}/zookit-bench-${randomBytes(6).toString('hex')}`
  try {
    await zk.create(path, data, { ...context.limits, mode: 'container' })
  } catch (error) {
    if (codeOf(error) !== 'UNIMPLEMENTED') throw error
    await zk.create(path, data, context.limits)
  }
  await zk.create(`${path}/running`, null, { ...context.limits, mode: 'ephemeral' })
  return { path, data }
}

/** Removes the znode, also when the user has ended the command. Tells where it is left, if that fails. */
async function removeScratch(context: Context, path: string): Promise<void> {
  const { timeout } = context.limits
  try {
    const zk = await context.client()
    await zk.removeTree(path, { timeout })
  } catch (error) {
    context.note(`${path} is left: ${explain(error).message}. Delete it by hand: zookit deleteall ${path}`)
  }
}

function format(rows: readonly Row[]): string {
  const lines = rows.map(({ operation, inFlight, perSecond, latency }) => [
    operation,
    String(inFlight),
    String(perSecond),
    ...[latency.p50, latency.p90, latency.p99, latency.p999, latency.max].map(each => each.toFixed(3)),
  ])
  return formatTable(
    HEAD,
    lines,
    HEAD.map((_, i) => (i === 0 ? 'left' : 'right')),
  )
}
