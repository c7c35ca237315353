import type { ReconfigRequest } from '@zookit/jute'
import { type AnyOperation, type Session, ZooKeeperError } from '../../src/index.ts'
import { connect, create, freshPath } from './servers.ts'
import type { TcpProxy } from './tcp-proxy.ts'

/** The parts that the test of one answer to one operation starts from. */
export interface Bench {
  session: Session
  proxy: TcpProxy
  /** A znode of this test's own, with the data `v0`. */
  path: string
}

/** The tests of the answers to one operation, by answer. */
export type Answers = Readonly<Record<string, (bench: Bench) => Promise<void>>>

/** Returns a connected session before a proxy, and a znode. */
export async function bench(proxy: TcpProxy): Promise<Bench> {
  const session = await connect(proxy.hosts)
  const path = await create(session, freshPath(), 'persistent', Buffer.from('v0'))
  return { session, proxy, path }
}

/** Returns the code of the error that a request is answered with; `OK` if there is none. */
export async function codeOf(request: Promise<unknown>): Promise<string> {
  try {
    await request
    return 'OK'
  } catch (error) {
    if (!ZooKeeperError.is(error)) throw error
    return `${error.code} ${error.errno} ${error.outcome}`
  }
}

/** An opcode that no server knows. */
export const unknownOperation: AnyOperation = {
  name: 'unknown',
  code: 4242,
  kind: 'read',
  watch: null,
  noneOn: 0,
  xid: 0,
  since: '3.0',
  responsePaths: [],
  answer: null,
  writeRequest: () => {},
  readRequest: () => null as never,
  writeResponse: () => {},
  readResponse: () => null,
  readAnswer: () => null,
}

/** Returns the text that `codeOf` makes of a refusal. */
export const rejected = (code: string, errno: number): string => `${code} ${errno} rejected`
export const NO_NODE = rejected('NO_NODE', -101)
export const BAD_VERSION = rejected('BAD_VERSION', -103)
export const NODE_EXISTS = rejected('NODE_EXISTS', -110)
export const BAD_ARGUMENTS = rejected('BAD_ARGUMENTS', -8)

/** A request for a member that does not exist to join. */
export const joining: ReconfigRequest = {
  joiningServers: 'server.2=127.0.0.1:10002:10003:observer;127.0.0.1:10001',
  leavingServers: null,
  newMembers: null,
  curConfigId: -1n,
}
