import { type ACL, joinPath, MultiError, nameOf, type ZooKeeper } from '@zookit/client'
import { BackgroundDeleter } from '../core/background-deleter.ts'
import { codeOf } from '../core/errors.ts'
import { SuspectWrite } from '../core/suspect-write.ts'
import { type Claim, giveBack, orClear } from './claim.ts'
import { ensureLayout, type Layout, layoutOf } from './layout.ts'

/** Moves the items of a queue that were taken too often to a queue of their own, where only a caller that asks for them gets them. */
export class DeadLetters {
  readonly #zk: ZooKeeper
  readonly #layout: Layout
  readonly #acl: readonly ACL[] | undefined
  /** Number of times that an item may be taken. */
  readonly maxAttempts: number

  /** @param path of the dead letters. */
  constructor(zk: ZooKeeper, path: string, acl: readonly ACL[] | undefined, maxAttempts: number) {
    this.#zk = zk
    this.#layout = layoutOf(path)
    this.#acl = acl
    this.maxAttempts = maxAttempts
  }

  /**
   * Moves a claimed item among the dead letters, in one transaction that checks that it is still held. It keeps its name,
   * and so its place in the order. Continues after lost connections as long as the session lives.
   *
   * @throws an error that no retry would change, such as NO_AUTH: the item is given back then.
   */
  async receive(claim: Claim, data: Buffer | null): Promise<void> {
    const suspect = new SuspectWrite(this.#zk)
    try {
      await BackgroundDeleter.of(this.#zk).retry(claim.session, () =>
        suspect.send(() => this.#move(claim, data)),
      )
    } catch (error) {
      await giveBack(this.#zk, claim)
      throw error
    }
  }

  async #move(place: Claim, data: Buffer | null): Promise<void> {
    const { item, claim, holder } = place
    const letter = joinPath(this.#layout.items, nameOf(item))
    const deletions = [holder, claim, item].map(path => ({ type: 'delete', path }) as const)
    const creation = { type: 'create', path: letter, data, acl: this.#acl } as const
    const move = async (): Promise<void> => void (await this.#zk.multi([...deletions, creation]))
    try {
      await move()
    } catch (error) {
      const isNew = MultiError.is(error) && error.index === deletions.length
      if (!isNew || codeOf(error) !== 'NO_NODE') return await orClear(this.#zk, place)(error)
      await ensureLayout(this.#zk, this.#layout, this.#acl)
      await move()
    }
  }
}
