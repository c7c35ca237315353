import type { Stat } from '@zookit/jute'
import type { RequestOptions } from '../arguments.ts'
import { checkOptions } from '../checks.ts'
import { firstMissing } from '../ensure-path.ts'
import { refused, surplus, tooMany, withSubject } from '../invalid-argument.ts'
import type { Requests } from '../requests.ts'
import { requests } from '../znode-operations.ts'
import {
  BULK_OPTIONS,
  type BulkOptions,
  type ChildrenData,
  checkParts,
  checkPaths,
  childrenData,
  type Found,
  GET_MANY_OPTIONS,
  type GetManyOptions,
  MANY_OPTIONS,
  type ManyOptions,
  readAll,
  readParts,
  readSnapshot,
  STAT_READ,
} from './bulk-reads.ts'
import { PulledPairs } from './pulled-pairs.ts'
import { streamParts } from './stream.ts'

/**
 * The reads of many znodes, which `ZooKeeper` takes over as methods of its own.
 *
 * These facts hold for all of them, beside those of `ZnodeOperations`:
 *
 * - They have one promise for all reads, which takes half to four fifths of the CPU time of a promise for each (docs/performance.md).
 * - From 32 paths on, one multiRead reads up to 128 znodes with their data, if the server has it (3.6): a server answers some
 *   eight times as many znodes in a second then (docs/performance.md). Its release is asked for in the background, by `srvr` on a connection of its own.
 * - Results stand in the order of the paths. A znode that does not exist is null, and no failure.
 * - `concurrency` znodes (1024 by default) are being read at a time. A later request of this client waits for these, not for all.
 * - Without `snapshot`, each znode is read at its own moment; later paths are never read at an earlier moment.
 * - The first failure rejects: NO_AUTH of one znode, for example. `path` of the error says which znode.
 * - `signal` and `timeout` limit all reads together, and `retry` counts lost connections: after each, only the reads
 *   without an answer are sent again. A read that was sent before the limit is still answered, and the answer dropped.
 */
export abstract class BulkOperations {
  /** The client's requests. @internal */
  abstract readonly [requests]: Requests

  /**
   * Reads znodes.
   *
   * @param options `data`: false leaves the data out; then the servers are asked by `exists`. `stat`: false leaves the Stat
   *   out, which saves its decoding. `snapshot`: true reads all at one point in the server's history, with one request.
   *   Its reply must fit into `maxResponseSize`. Needs server 3.6; `concurrency` has no meaning.
   * @returns for each path `{ data, stat }`, or null if the znode does not exist.
   * @throws NO_AUTH: no READ on one of the znodes; RESPONSE_TOO_LARGE; UNIMPLEMENTED: `snapshot` on an old server.
   */
  getMany<const Options extends GetManyOptions = GetManyOptions>(
    paths: readonly string[],
    options?: Options,
  ): Promise<(Found<Options> | null)[]> {
    if (arguments.length > 2) return surplus('getMany', 2)
    try {
      checkParts(options, GET_MANY_OPTIONS)
      const list = checkPaths(paths)
      if (options?.snapshot) return readSnapshot<Options>(this[requests], list, options)
      return readParts(this[requests], 'getMany', list, options)
    } catch (error) {
      return refused(error, 'getMany')
    }
  }

  /**
   * Finds where a path ends: the first of its znodes, from the root on, that does not exist. All of them are asked for in
   * one round trip. The error of a request names the parent alone, because a server does not say more.
   *
   * @returns the path of that znode, `/` where the chroot is missing, or null if the whole path exists.
   */
  firstMissing(path: string, options?: RequestOptions): Promise<string | null> {
    if (arguments.length > 2) return surplus('firstMissing', 2, path)
    return firstMissing(this[requests], path, options)
  }

  /**
   * Reads the Stats of znodes.
   *
   * @returns for each path a Stat, or null if the znode does not exist.
   * @throws NO_AUTH: no READ, on servers since 3.8.4 and 3.9.2.
   */
  existsMany(paths: readonly string[], options?: BulkOptions): Promise<(Stat | null)[]> {
    if (arguments.length > 2) return surplus('existsMany', 2)
    try {
      if (options !== undefined) checkOptions(options, BULK_OPTIONS)
      return readAll(this[requests], { ...STAT_READ, name: 'existsMany' }, checkPaths(paths), options)
    } catch (error) {
      return refused(error, 'existsMany')
    }
  }

  /**
   * Lists a znode's children and reads each of them. A child that is deleted between the two steps is left out.
   *
   * @returns `{ children, stat }`: a Map of `{ data, stat }` by name, in no order, and the Stat of the znode itself.
   * @throws NO_NODE: the znode itself does not exist; NO_AUTH: no READ on it or on a child.
   */
  getChildrenData<const Options extends ManyOptions = ManyOptions>(
    path: string,
    options?: Options,
  ): Promise<ChildrenData<Options>> {
    if (arguments.length > 2) return surplus('getChildrenData', 2, path)
    try {
      checkParts(options, MANY_OPTIONS)
      return childrenData(this[requests], path, options)
    } catch (error) {
      return refused(error, 'getChildrenData', path)
    }
  }

  /**
   * Reads znodes and hands them out one by one, in order: `for await (const [path, znode] of zk.streamMany(paths))`.
   * At most twice `concurrency` results are held; reading goes on only as they are taken. `timeout` and `retry` apply to
   * each `concurrency` reads, and a failure of one of them comes in their place, behind the results before them.
   *
   * @param paths any iterable of paths. It is asked for them as the reading goes on.
   * @returns an async iterator of `[path, { data, stat }]`, with null for a znode that does not exist. `return` ends it
   *   at once.
   * @throws NO_AUTH: no READ on one of the znodes.
   */
  streamMany<const Options extends ManyOptions = ManyOptions>(
    paths: Iterable<string>,
    options?: Options,
  ): PulledPairs<Found<Options> | null> {
    const fault = arguments.length > 2 ? tooMany(2) : undefined
    return new PulledPairs(left => {
      if (fault) throw withSubject(fault, 'streamMany')
      return streamParts(this[requests], paths, options, left)
    })
  }
}
