import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { stopped } from '../src/stopped.ts'

/** Counts on another thread, and tells when it has begun. */
const BUSY = `
  const { Worker } = require('node:worker_threads')
  new Worker('for (;;);', { eval: true }).once('online', () => console.log('busy'))
`

describe('the wait for a process that was sent SIGSTOP', () => {
  const onLinux = existsSync('/proc/self/task')

  it('lasts until each of its threads stands still', async () => {
    const child = spawn(process.execPath, ['-e', BUSY], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      await once(child.stdout, 'data')
      let over = false
      const waiting = stopped(child.pid!).then(() => (over = true))
      await sleep(50)
      expect(over).to.equal(!onLinux)
      child.kill('SIGSTOP')
      await waiting
    } finally {
      child.kill('SIGKILL')
    }
  })

  it('is over where the process is', async () => {
    const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' })
    await once(child, 'exit')
    await stopped(child.pid!)
  })
})
