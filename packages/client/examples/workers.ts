// One session for all worker threads: the main thread has the client, and the workers ask it by messages.

import { once } from 'node:events'
import {
  isMainThread,
  MessageChannel,
  type MessagePort,
  parentPort,
  threadId,
  Worker,
} from 'node:worker_threads'
import { connect, type ZooKeeper, ZooKeeperError } from '@zookit/client'

/** Work that a thread asks for: the name of a call below, its arguments, and the port for the answer. */
interface Question {
  call: keyof ReturnType<typeof callsOf>
  args: [path: string, data: string]
  port: MessagePort
}

/** The calls that workers may ask for. Arguments and results are what `postMessage` can copy. */
const callsOf = (zk: ZooKeeper) => ({
  add: (path: string, data: string) => zk.create(path, data, { mode: 'persistent-sequential' }),
  write: async (path: string, data: string) => (await zk.setData(path, data)).version,
})

/** Answers the questions of a worker. An error crosses as its code and message: a copy would lose the class. */
function serve(worker: Worker, zk: ZooKeeper): void {
  const calls = callsOf(zk)
  worker.on('message', async ({ call, args, port }: Question) => {
    const answer = calls[call]
    try {
      port.postMessage({ result: await answer(...args) })
    } catch (error) {
      port.postMessage({ message: String(error), code: ZooKeeperError.is(error) ? error.code : undefined })
    }
  })
}

/** Asks the main thread, and waits for its answer. */
async function ask(call: Question['call'], ...args: Question['args']): Promise<unknown> {
  const { port1, port2 } = new MessageChannel()
  parentPort!.postMessage({ call, args, port: port2 }, [port2])
  const [answer] = await once(port1, 'message')
  port1.close()
  if ('result' in answer) return answer.result
  throw Object.assign(new Error(answer.message), { code: answer.code })
}

if (isMainThread) {
  const zk = await connect(process.argv[2] ?? '127.0.0.1:2181')
  try {
    await zk.ensurePath('/jobs')
    const workers = Array.from({ length: 4 }, () => new Worker(new URL(import.meta.url)))
    for (const worker of workers) serve(worker, zk)
    await Promise.all(workers.map(worker => once(worker, 'exit')))
    const { children } = await zk.getChildren('/jobs')
    console.log(`${children.length} znodes by ${workers.length} workers`)
  } finally {
    await zk.close()
  }
} else {
  for (let i = 0; i < 5; i++) await ask('add', '/jobs/job-', `by thread ${threadId}`)
  await ask('write', '/none', 'x').catch(error => console.log(`thread ${threadId}: ${error.code}`))
}
