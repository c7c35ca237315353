import { epochOf, type MemberRecord } from './member-record.ts'
import { type LoggedTransaction, readTransaction, zxidOf } from './txn-record.ts'

/** The point up to which the leader of an epoch knew all that came before. What was proposed behind it was given up. */
interface Handover {
  readonly epoch: number
  readonly upTo: number
}

/** Returns the handovers to all leaders, in order. */
function handoversOf(members: readonly MemberRecord[]): Handover[] {
  const handovers = members.flatMap(({ ledEpochs, snapshots, transactions }) => {
    const own = ledEpochs.map(epoch => ({ epoch, upTo: 0 }))
    const note = (zxid: number): void => {
      for (const each of own) if (epochOf(zxid) < each.epoch && zxid > each.upTo) each.upTo = zxid
    }
    snapshots.forEach(note)
    for (const record of transactions()) note(zxidOf(record))
    return own
  })
  return handovers.sort((a, b) => a.epoch - b.epoch)
}

/** Zxids that were met: a bit for each. */
class Met {
  readonly #bits = new Map<number, Uint8Array>()

  /** Adds a zxid. @returns false if it was there already. */
  add(zxid: number): boolean {
    const epoch = epochOf(zxid)
    const counter = zxid % 2 ** 32
    let bits = this.#bits.get(epoch) ?? new Uint8Array(0)
    if (counter >> 3 >= bits.length) {
      const larger = new Uint8Array(Math.max(2 * bits.length, (counter >> 3) + 1))
      larger.set(bits)
      this.#bits.set(epoch, larger)
      bits = larger
    }
    const bit = 1 << (counter & 7)
    const isNew = (bits[counter >> 3]! & bit) === 0
    bits[counter >> 3]! |= bit
    return isNew
  }
}

/**
 * Calls back with each transaction that an ensemble has committed, once each and in no order.
 *
 * A majority of logs does not tell. A member that was far behind gets a snapshot of the tree instead of transactions, so
 * one that is committed may be in a single log: that of a leader that a majority took a snapshot from. And a
 * log may have more than was committed: what its member proposed, or was about to log, when the next leader did
 * without. So a transaction counts if any member has logged it and the next leader that a majority followed had it,
 * by its own log or snapshot. Those of the last leader all count: nobody has given them up.
 *
 * @throws Error when no member tells that it led in an epoch of a transaction.
 */
export function forEachCommitted(
  members: readonly MemberRecord[],
  visit: (transaction: LoggedTransaction) => void,
): void {
  const handovers = handoversOf(members)
  const epochs = new Set(handovers.map(({ epoch }) => epoch))
  const met = new Met()
  for (const member of members)
    for (const record of member.transactions()) {
      const zxid = zxidOf(record)
      const epoch = epochOf(zxid)
      if (!epochs.has(epoch)) throw new Error(`no member's log tells of the leader of epoch ${epoch}`)
      const next = handovers.find(each => each.epoch > epoch)
      if ((next === undefined || zxid <= next.upTo) && met.add(zxid)) visit(readTransaction(record))
    }
}

/** Returns what an ensemble has committed, in its order: see `forEachCommitted`. */
export function committedBy(members: readonly MemberRecord[]): LoggedTransaction[] {
  const transactions: LoggedTransaction[] = []
  forEachCommitted(members, transaction => void transactions.push(transaction))
  return transactions.sort((a, b) => (a.zxid < b.zxid ? -1 : 1))
}
