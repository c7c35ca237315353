import { connect } from '@zookit/client'
import { Mutex } from '../../src/index.ts'

/** Holds a lock, and reports what happens to it: a process that a test stops with SIGSTOP. */
const [hosts, sessionTimeout] = process.argv.slice(2)
const say = (word: string): void => void process.stdout.write(`${word}\n`)

const zk = await connect(hosts!, { sessionTimeout: Number(sessionTimeout), backoff: { initial: 5, max: 20 } })
zk.on('state', state => say(`state ${state}`))
const lock = await new Mutex(zk, '/locks/job').acquire()
lock.signal.addEventListener('abort', () => say(`lost ${lock.signal.reason.reason}`))
say('holds')
let tick = performance.now()
setInterval(() => {
  const now = performance.now()
  if (now - tick > Number(sessionTimeout)) say(`woken held=${lock.held}`)
  tick = now
}, 10)
