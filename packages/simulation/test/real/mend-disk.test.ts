import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { mendDisk } from '../../src/real/place/mend-disk.ts'
import { logFileOf } from './support/log-file.ts'
import { create, transaction } from './support/transactions.ts'

/** The first zxid of an epoch. */
const first = (epoch: number): bigint => BigInt(epoch) << 32n

describe('The files of a member whose disk was full', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zookit-mend-'))
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  const read = (name: string): Buffer => readFileSync(join(folder, name))
  const write = (name: string, content: Buffer | string): void => writeFileSync(join(folder, name), content)

  /** Writes a log with a transaction of each epoch, and the file of the epoch. */
  function leave(epochs: readonly number[], recorded: number): void {
    for (const epoch of epochs)
      write(`log.${epoch}`, logFileOf([transaction(first(epoch), 1, create('/a', true))]))
    write('currentEpoch', String(recorded))
  }

  it('have the epoch of the newest transaction again, which had no room', () => {
    leave([2, 3], 1)
    mendDisk(folder)
    expect(read('currentEpoch').toString()).to.equal('3')
  })

  it('keep an epoch that is not older than the newest transaction', () => {
    leave([2, 3], 4)
    mendDisk(folder)
    expect(read('currentEpoch').toString()).to.equal('4')
  })

  it('lose the torn end of a log, and keep the rest', () => {
    const made = transaction(first(2), 1, create('/a', true))
    const torn = logFileOf([made]).subarray(16, 16 + 12 + 8)
    write('log.1', logFileOf([made], Buffer.concat([torn, torn])))
    write('currentEpoch', '2')
    mendDisk(folder)
    expect(read('log.1')).to.deep.equal(logFileOf([made]).subarray(0, -100))
  })
})
