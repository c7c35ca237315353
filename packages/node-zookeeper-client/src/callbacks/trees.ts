import type { AclEntry } from '../values/acl.ts'
import { Exception } from '../values/exception.ts'
import type { NodeArguments } from './arguments.ts'

/** The methods of a client that the operations on trees need. */
export interface TreeClient {
  create(
    path: string,
    data: Buffer,
    acls: AclEntry[],
    mode: number,
    callback: (error: Exception | null) => void,
  ): void
  remove(path: string, version: number, callback: (error: Exception | null) => void): void
  getChildren(path: string, callback: (error: Exception | null, children: string[]) => void): void
}

/** Creates a znode and its parents, one after the other. Those that exist stay as they are. */
export function mkdirp(
  client: TreeClient,
  path: string,
  { data, acls, mode }: NodeArguments,
  callback: (error: Exception | null, path: string) => void,
): void {
  const names = path.split('/').slice(1)
  const next = (depth: number): void => {
    const current = `/${names.slice(0, depth).join('/')}`
    client.create(current, data as Buffer, acls, mode, error => {
      const isFault = error !== null && error.code !== Exception.NODE_EXISTS
      if (isFault || depth === names.length) callback(isFault ? error : null, current)
      else next(depth + 1)
    })
  }
  next(1)
}

/**
 * Lists a znode and all below it, the upper levels first. The znodes of a level are listed all at once.
 *
 * @param callback gets undefined beside an error.
 */
export function listSubTreeBFS(
  client: TreeClient,
  root: string,
  callback: (error: Exception | null, paths: string[]) => void,
): void {
  const all: string[] = [root]
  const visit = (level: readonly string[]): void => {
    const below: string[][] = []
    let left = level.length
    let fault: Exception | null = null
    for (const [index, path] of level.entries()) {
      client.getChildren(path, (error, children) => {
        fault ??= error
        if (error === null) below[index] = children.map(name => `${path === '/' ? '' : path}/${name}`)
        if (--left > 0) return
        if (fault !== null) return callback(fault, undefined as unknown as string[])
        const next = below.flat()
        all.push(...next)
        if (next.length === 0) callback(null, all)
        else visit(next)
      })
    }
  }
  visit(all.slice())
}

/** Deletes a znode and all below it, the lowest first, one after the other. A znode that is gone is no fault. */
export function removeRecursive(
  client: TreeClient,
  root: string,
  version: number,
  callback: (error: Exception | null) => void,
): void {
  listSubTreeBFS(client, root, (failure, paths) => {
    if (failure !== null) return callback(failure)
    const next = (): void => {
      const path = paths.pop()
      if (path === undefined) return callback(null)
      client.remove(path, version, error => {
        if (error !== null && error.code !== Exception.NO_NODE) callback(error)
        else next()
      })
    }
    next()
  })
}
