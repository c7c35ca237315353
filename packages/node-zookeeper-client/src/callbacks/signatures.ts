import type { ACL } from '../values/acl.ts'
import type { Exception } from '../values/exception.ts'
import type { Stat } from '../values/stat.ts'

/** A callback without a result. */
export type ErrorCallback = (error: Exception | null) => void
export type PathCallback = (error: Exception | null, path: string) => void
export type PathsCallback = (error: Exception | null, paths: string[]) => void
/** The callback of `exists`: the Stat is null if the znode does not exist. */
export type StatCallback = (error: Exception | null, stat: Stat) => void
/** The callback of `getData`: the data is undefined where the server has null. */
export type DataCallback = (error: Exception | null, data: Buffer, stat: Stat) => void
export type ChildrenCallback = (error: Exception | null, children: string[], stat: Stat) => void
export type AclCallback = (error: Exception | null, acls: ACL[], stat: Stat) => void
