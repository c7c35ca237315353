import { type Logger, type LogOptions, loggerFault, logSession } from '@zookit/connection'
import { type Check, checkArgument, checkOptions, mustBe, oneOf, optionTable } from './checks.ts'
import { tooMany, withSubject } from './invalid-argument.ts'
import { requests } from './znode-operations.ts'
import { ZooKeeper } from './zookeeper.ts'

const TOPICS: readonly unknown[] = ['session', 'requests', 'watches', 'recipes']

const OPTIONS = optionTable("{ level: 'debug' }", {
  level: oneOf('debug', 'info', 'warn', 'error'),
  topics: mustBe(`a list of ${TOPICS.join(', ')}`, value => {
    return Array.isArray(value) && value.every(topic => TOPICS.includes(topic))
  }),
})

const client: Check = mustBe('a client, as `connect` makes it', value => value instanceof ZooKeeper)

/**
 * Logs what a client does: state changes and failed attempts to connect; at `debug` also each request, watch event and
 * recipe, with session, server, path, xid and milliseconds. No line has data, a password or a credential.
 *
 * It ends when the client is closed. Above `debug`, requests cost nothing more. A logger that fails is told of once, by
 * `process.emitWarning`, and logging goes on.
 *
 * @param logger `console`, a pino logger, or any `{ debug, info, warn, error }`, which gets a text and an object of fields.
 * @param options.level the lowest level. Default `info`.
 * @param options.topics `session`, `requests`, `watches`, `recipes`. Default all.
 * @returns a function that ends the log.
 * @throws BAD_ARGUMENTS.
 */
export function logTo(zk: ZooKeeper, logger: Logger, options: LogOptions = {}): () => void {
  try {
    if (arguments.length > 3) throw tooMany(3)
    checkArgument('the first argument', zk, client)
    checkArgument(
      'the logger',
      logger,
      mustBe('an object with debug, info, warn and error', value => loggerFault(value) === null),
    )
    checkOptions(options, OPTIONS)
  } catch (error) {
    throw withSubject(error, 'logTo')
  }
  return logSession(zk[requests].session, logger, options)
}
