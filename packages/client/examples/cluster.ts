// One session for all processes of a cluster: the primary has the client, and the workers ask it by messages.

import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { connect, type ZooKeeper, ZooKeeperError } from '@zookit/client'

/** Work that a process asks for: the name of a call below and its arguments. The answer repeats the number. */
interface Question {
  number: number
  call: keyof ReturnType<typeof callsOf>
  args: [path: string, data: string]
}

/** Answer to a question: a result, or the message and the code of an error. */
interface Answer {
  number: number
  result?: unknown
  message?: string
  code?: string | undefined
}

/** The calls that workers may ask for. */
const callsOf = (zk: ZooKeeper) => ({
  add: (path: string, data: string) => zk.create(path, data, { mode: 'persistent-sequential' }),
  write: async (path: string, data: string) => (await zk.setData(path, data)).version,
})

/** Answers the questions of a worker, unless it is gone by then. */
function serve(worker: Worker, zk: ZooKeeper): void {
  const calls = callsOf(zk)
  const reply = (answer: Answer) => worker.isConnected() && worker.send(answer)
  worker.on('message', async ({ number, call, args }: Question) => {
    const answer = calls[call]
    try {
      reply({ number, result: await answer(...args) })
    } catch (error) {
      const code = ZooKeeperError.is(error) ? error.code : undefined
      reply({ number, message: String(error), code })
    }
  })
}

/** The questions of this worker that are not answered yet. */
const asked = new Map<number, (answer: Answer) => void>()
let last = 0

/** Asks the primary, and waits for its answer. */
async function ask(call: Question['call'], ...args: Question['args']): Promise<unknown> {
  const number = ++last
  const answer = await new Promise<Answer>(resolve => {
    asked.set(number, resolve)
    process.send!({ number, call, args } satisfies Question)
  })
  asked.delete(number)
  if (answer.message === undefined) return answer.result
  throw Object.assign(new Error(answer.message), { code: answer.code })
}

if (cluster.isPrimary) {
  const zk = await connect(process.argv[2] ?? '127.0.0.1:2181')
  try {
    await zk.ensurePath('/jobs')
    cluster.setupPrimary({ serialization: 'advanced' }) // takes bigint and Uint8Array over
    const workers = Array.from({ length: 2 }, () => cluster.fork())
    for (const worker of workers) serve(worker, zk)
    await Promise.all(workers.map(worker => once(worker, 'exit')))
    const { children } = await zk.getChildren('/jobs')
    console.log(`${children.length} znodes by ${workers.length} processes`)
  } finally {
    await zk.close()
  }
} else {
  process.on('message', (answer: Answer) => asked.get(answer.number)?.(answer))
  for (let i = 0; i < 5; i++) await ask('add', '/jobs/job-', `by process ${process.pid}`)
  await ask('write', '/none', 'x').catch(error => console.log(`process ${process.pid}: ${error.code}`))
  process.disconnect() // the worker ends
}
