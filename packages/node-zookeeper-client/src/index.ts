import { Client } from './callbacks/client.ts'
import type { Option } from './callbacks/options.ts'
import { ACL } from './values/acl.ts'
import { CreateMode } from './values/create-mode.ts'
import { Event } from './values/event.ts'
import { Exception } from './values/exception.ts'
import { Id } from './values/id.ts'
import { Permission } from './values/permission.ts'
import { State } from './values/state.ts'

export type { CreateArgument } from './callbacks/arguments.ts'
export type { Option } from './callbacks/options.ts'
export type { Transaction, TransactionResult } from './callbacks/transaction.ts'
export type { Watcher } from './callbacks/watcher-manager.ts'
export type { Stat } from './values/stat.ts'
export type { Client }
export { ACL, CreateMode, Event, Exception, Id, Permission, State }

/**
 * Makes a client. Call `connect` on it.
 *
 * @param connectionString such as `zk1:2181,zk2:2181/app`; the part from the `/` on is the chroot.
 * @throws AssertionError for an invalid argument.
 */
export function createClient(connectionString: string, options?: Partial<Option>): Client {
  return new Client(connectionString, options)
}

/** The exports by name. */
interface Exports {
  createClient: typeof createClient
  ACL: typeof ACL
  Id: typeof Id
  Permission: typeof Permission
  CreateMode: typeof CreateMode
  State: typeof State
  Event: typeof Event
  Exception: typeof Exception
}

const all: Exports = { createClient, ACL, Id, Permission, CreateMode, State, Event, Exception }

// `require` returns the export of the second name: an object whose properties may be replaced, as tests do.
export { all as default, all as 'module.exports' }
