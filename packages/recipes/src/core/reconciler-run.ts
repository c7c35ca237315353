import type { ManagedNode } from './managed-node.ts'
import type { Wakeup } from './wakeup.ts'

/** A caller that waits until the znode has the data of its generation. */
export interface Waiter {
  readonly generation: number
  resolve(): void
  reject(error: unknown): void
}

/** State of one run, from start to close. */
export interface Run {
  readonly node: ManagedNode
  readonly wakeup: Wakeup
  step: Promise<void>
  stopping: boolean
  /** True once the znode has existed. */
  begun: boolean
  touch: { cancel(): void } | null
}
