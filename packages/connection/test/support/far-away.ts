import { type Environment, nodeEnvironment } from '../../src/index.ts'

/** An address of a network that does not exist (RFC 5737). */
const FAR_AWAY = '192.0.2.7'

/**
 * Returns an environment in which every name but those of `here` stands for a machine far away. What is dialled there comes out on
 * this machine.
 */
export function farAway(here: readonly string[] = []): Environment {
  return {
    ...nodeEnvironment,
    resolve: async host => (here.includes(host) ? ['127.0.0.1'] : [FAR_AWAY]),
    open: (target, handler) => nodeEnvironment.open({ ...target, address: '127.0.0.1' }, handler),
  }
}
