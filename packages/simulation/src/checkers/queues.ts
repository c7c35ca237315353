import { failNow } from '../violation.ts'

/** The story of an item of a queue, as far as it is known, from the call that puts it in to its end. */
export interface Item {
  readonly token: string
  put: 'pending' | 'applied' | 'rejected' | 'not-sent' | 'unknown'
  /** Completions that were told done. */
  completed: number
  /** True once a completion may have been done without anybody being told. */
  maybeCompleted: boolean
  /** The outcome that the last completion that failed was told. */
  told: 'rejected' | 'not-sent' | 'unknown' | null
  /** Completions that were tried. */
  tries: number
}

/** Returns what is known of an item whose call has just begun. */
export function newItem(token: string): Item {
  return { token, put: 'pending', completed: 0, maybeCompleted: false, told: null, tries: 0 }
}

/**
 * Throws for an item that is lost, or that is there although it should not be.
 *
 * @param isThere true if the queue has it when nobody works any more.
 */
export function checkItem(item: Item, isThere: boolean): void {
  const { token, put, completed, maybeCompleted, told, tries } = item
  if (tries === 1 && (told === 'rejected' || told === 'not-sent') && !isThere)
    failNow(`the only completion of ${token} was told ${told}, and it is not in the queue`)
  if (completed > 1) failNow(`${token} was completed twice`)
  if (completed > 0 && isThere) failNow(`${token} was completed, and is in the queue`)
  if (put === 'applied' && !isThere && !maybeCompleted) failNow(`${token} was put in, and is lost`)
  if ((put === 'rejected' || put === 'not-sent') && isThere)
    failNow(`${token} was told ${put}, and is in the queue`)
}
