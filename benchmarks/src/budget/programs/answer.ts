import { eachLine, say } from '../../stub/lines.ts'

/** Makes this process a program that is asked once: a line in, a line out. */
export function answer<Order>(run: (order: Order) => object | Promise<object>): Promise<never> {
  return eachLine<Order>(async order => say(await run(order)))
}
