import type { ConnectOptions } from '@zookit/client'

/** An ensemble and how to connect to it. */
export interface Target {
  /** Name in the configuration file, or null. */
  readonly name: string | null
  /** The connect string, with its chroot. */
  readonly hosts: string
  readonly options: ConnectOptions
  /** Aborted with the error of the first secret or file of the options that could not be read. */
  readonly refused?: AbortSignal
}
