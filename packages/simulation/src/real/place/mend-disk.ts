import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { epochOf } from '../truth/member-record.ts'
import { recordsOf, tornAt } from '../truth/txn-log.ts'
import { zxidOf } from '../truth/txn-record.ts'

/** The file in which a server records the epoch that it takes part in. */
const CURRENT_EPOCH = 'currentEpoch'

/**
 * Mends what a full disk, or a kill in the midst of writing, has left of a server's files, so that the server starts over them.
 * Nothing is taken away that the server has acknowledged.
 *
 * @param folder the folder of its log, its snapshots and its epochs.
 */
export function mendDisk(folder: string): void {
  const logs = readdirSync(folder)
    .filter(name => name.startsWith('log.'))
    .map(name => join(folder, name))
  for (const log of logs) cutTorn(log)
  mendEpoch(join(folder, CURRENT_EPOCH), logs)
}

/**
 * Cuts torn records off a log, as `zkTxnLogToolkit.sh --recover` does. A server whose disk is full writes the same bytes again
 * behind those that had room, and cannot read that when it starts.
 */
function cutTorn(log: string): void {
  const length = tornAt(readFileSync(log))
  if (length !== null) truncateSync(log, length)
}

/**
 * Writes the epoch of the newest transaction into the file of the epoch, if the file has one before it. A server may log
 * transactions of an epoch that it has accepted before the epoch is in that file, for which a full disk has no room. It refuses
 * to start then: "The current epoch, 2, is older than the last zxid".
 */
function mendEpoch(file: string, logs: readonly string[]): void {
  let logged = 0
  for (const log of logs)
    for (const record of recordsOf(readFileSync(log))) logged = Math.max(logged, epochOf(zxidOf(record)))
  if (existsSync(file) && logged > Number(readFileSync(file, 'utf8'))) writeFileSync(file, String(logged))
}
