import type { WordOptions } from '@zookit/admin'
import type { Context } from '../../program/context.ts'

/** The servers of an ensemble, and how to ask each of them. */
export interface Servers {
  readonly hosts: string
  readonly options: WordOptions
}

/** Returns the servers that four-letter words are sent to. */
export async function serversOf(context: Context): Promise<Servers> {
  const { hosts, options } = await context.target()
  const tls = typeof options.tls === 'function' ? await options.tls() : (options.tls ?? null)
  return { hosts, options: { ...context.limits, tls } }
}
