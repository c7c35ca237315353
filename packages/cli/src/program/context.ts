import type { ZooKeeper } from '@zookit/client'
import type { Target } from '../target/types.ts'
import type { GlobalOptions } from './global-options.ts'
import type { Io } from './io.ts'
import type { Output } from './output.ts'
import type { CommandInfo } from './specs.ts'

/** Parts of the shell that some commands command. */
export interface ShellControls {
  /** The commands that were entered, the oldest first, with their numbers. */
  readonly history: readonly (readonly [number: number, line: string])[]
  printWatches: boolean
  /** Runs the command of a number again. */
  redo(number: number): Promise<number>
  /** Leaves the shell when the command has ended. */
  leave(): void
}

/** The commands that there are. */
export interface Catalog {
  readonly names: readonly string[]
  load(name: string | undefined): Promise<CommandInfo | null>
  loadAll(): Promise<readonly CommandInfo[]>
}

/** Everything that a command works with: the same in a run of its own and in the shell. */
export interface Context {
  readonly io: Io
  readonly out: Output
  readonly globals: GlobalOptions
  readonly catalog: Catalog
  /** Aborted when the user ends the command. */
  readonly signal: AbortSignal
  /** Limits for each request: the signal, and --timeout. */
  readonly limits: { readonly signal: AbortSignal; readonly timeout: number }
  /** Returns the client, connected at the first call. @throws ZooKeeperError */
  client(): Promise<ZooKeeper>
  /** Returns the servers, the chroot, and how to connect to them. */
  target(): Promise<Target>
  /** Closes the client, if there is one, and connects to another ensemble from now on. */
  connectTo(hosts: string | undefined): Promise<void>
  /** Closes the client, if there is one. */
  disconnect(): Promise<void>
  /** Tells the user something that is no result, on standard error. */
  note(text: string): void
  /** Prints an event at once: in the shell above the line that is being typed. */
  announce(value: object, text: string): void
  /**
   * Lets events come. In a run of its own the program stays until the user ends it, or until `done`;
   * in the shell it goes on.
   */
  stay(done?: Promise<void>): Promise<void>
  /** Runs a function whose child process has the terminal for itself. */
  withTerminal<Result>(use: () => Promise<Result>): Promise<Result>
  /** The shell; null in a run of its own. */
  readonly shell: ShellControls | null
}
