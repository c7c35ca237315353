import { counted } from '@zookit/client'
import type { Context } from '../../program/context.ts'
import { CommandError } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'

/** Znodes that a command leaves out, because it is not allowed to read them. Tells of each on standard error. */
export class LeftOut {
  readonly #note: Context['note']
  readonly #paths = new Set<string>()

  constructor({ note }: Pick<Context, 'note'>) {
    this.#note = note
  }

  /** Tells of a znode, once. */
  readonly add = (path: string): void => {
    if (this.#paths.has(path)) return
    this.#paths.add(path)
    this.#note(`left out: ${path} and all below it (NO_AUTH)`)
  }

  /** Tells if a znode is left out, or one above it. */
  has(path: string): boolean {
    for (let at = path; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
      if (this.#paths.has(at)) return true
    }
    return false
  }

  /** Ends a command: with an error if anything was left out. @throws CommandError. */
  static end(...all: readonly LeftOut[]): void {
    const count = all.reduce((sum, each) => sum + each.#paths.size, 0)
    if (count === 0) return
    throw new CommandError(
      `the rest is complete, but ${counted(count, 'znode')} must not be read`,
      ExitCode.noAuth,
      'Add an identity that has READ: --auth-env, or `addauth`.',
    )
  }

  end(): void {
    LeftOut.end(this)
  }
}
