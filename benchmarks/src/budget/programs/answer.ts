import { eachLine, say } from '../../stub/lines.ts'

/** Makes this process answer each line on stdin with one on stdout. */
export function answer<Order>(run: (order: Order) => object | Promise<object>): Promise<never> {
  return eachLine<Order>(async order => say(await run(order)))
}
