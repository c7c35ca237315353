import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { type Report, runPool } from '../src/runner/pool.ts'

const PATIENCE = 2000

/** A process that runs seeds: 1 never gives the event loop back, 2 has to wait for longer than the patience lasts, 3 ends. */
const WORKER = `
process.on('message', ({ seed }) => {
  if (seed === 1) for (;;);
  if (seed === 3) process.exit(7)
  setTimeout(() => process.send({ seed, reason: null }), seed === 2 ? ${PATIENCE + 1000} : 0)
})`

describe('The processes that run seeds', function () {
  // The processor time that the patience counts can be long in coming.
  this.timeout(300_000)
  let root: string
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'zookit-pool-'))
    const folder = join(root, 'packages/simulation/src/runner')
    mkdirSync(folder, { recursive: true })
    // The processes are started with the loaders of this one.
    symlinkSync(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(root, 'node_modules'))
    writeFileSync(join(folder, 'worker.ts'), WORKER)
  })
  after(() => rmSync(root, { recursive: true, force: true }))

  it('end a seed that never gives the event loop back, and not one that waits for its turn on a busy machine', async () => {
    const reasons = new Map<number, string | null>()
    const jobs = [1, 2, 3, 4].map(seed => ({ seed, steps: 1, only: undefined }))
    const note = ({ seed, reason }: Report): boolean => reasons.set(seed, reason) !== undefined
    await runPool(jobs.values(), { processes: 1, root, patience: PATIENCE }, note)
    expect([...reasons]).to.deep.equal([
      [1, 'frozen: the event loop never came back'],
      [2, null],
      [3, 'the process ended with 7'],
      [4, null],
    ])
  })
})
