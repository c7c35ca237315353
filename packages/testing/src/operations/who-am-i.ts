import { type ClientInfo, type Id, writeClientInfo } from '@zookit/jute'
import { Err } from '../error-codes.ts'
import type { ReadHandler } from './read-context.ts'

function infoOf({ scheme, id }: Id): ClientInfo {
  return { authScheme: scheme, user: scheme === 'digest' ? (id.split(':', 1)[0] ?? '') : id }
}

/** Answers whoAmI with the ids of the connection, without secrets. */
export const answerWhoAmI: ReadHandler = (context, _reader, out) => {
  out.vector(context.ids.map(infoOf), writeClientInfo)
  return Err.OK
}
