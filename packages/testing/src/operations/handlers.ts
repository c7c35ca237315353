import { OpCode } from '@zookit/jute'

/** Handlers under the names of their operations. */
export type Handlers<Handler> = { readonly [Name in keyof typeof OpCode]?: Handler }

/** Lists handlers by opcode. */
export function byOpcode<Handler>(handlers: Handlers<Handler>): (Handler | undefined)[] {
  const list: (Handler | undefined)[] = []
  for (const [name, handler] of Object.entries(handlers)) list[OpCode[name as keyof typeof OpCode]] = handler
  return list
}
