// Runs a command once for each time of a schedule, although every machine has it in its crontab.
//
// main.ts HOSTS JOB TIME COMMAND [ARGUMENT ...], with the same TIME on all machines: $(date +%FT%H:%M)

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { connect, joinPath } from '@zookit/client'
import { Mutex } from '@zookit/recipes'

const [hosts, job, time, command, ...args] = process.argv.slice(2)
if (!hosts || !job || !time || !command) throw new Error('HOSTS JOB TIME COMMAND [ARGUMENT ...]')

/** Runs the command. The signal ends it. @returns its exit code. */
async function run(signal: AbortSignal): Promise<number> {
  const child = spawn(command!, args, { stdio: 'inherit' })
  const end = (): boolean => child.kill('SIGTERM')
  signal.addEventListener('abort', end)
  const [code] = await once(child, 'exit')
  signal.removeEventListener('abort', end)
  return code ?? 1
}

await using zk = await connect(hosts)
const done = joinPath('/cron', job, 'done')
await zk.ensurePath(done)

// Whoever comes second waits, and takes over if the first one dies or fails.
await using lock = await new Mutex(zk, joinPath('/cron', job, 'lock'), { data: hostname() }).acquire()
const { data, stat } = await zk.getData(done)
const last = String(data ?? '')

if (last >= time) {
  console.log(`${job} of ${time}: done already`)
} else {
  const code = await run(lock.signal)
  if (code === 0) {
    // Refused if the lock was lost meanwhile: then another machine has run the command, too.
    await lock.guard(zk.transaction().setData(done, time, { version: stat.version })).commit()
    console.log(`${job} of ${time}: done`)
  } else {
    console.log(`${job} of ${time}: exit code ${code}`)
    process.exitCode = code
  }
}
