import {
  type ACL,
  acl,
  type DataNode,
  formatAcl,
  interimAcls,
  isEphemeral,
  isInterimAcl,
  parentOf,
  validatePath,
  type ZooKeeper,
  ZooKeeperError,
} from '@zookit/client'
import { hex } from '../znode/views.ts'
import { badRequest } from './acl-text.ts'
import { decodeBase64 } from './base64.ts'

/** Znodes whose ACLs are read together. */
const AHEAD = 64

/** A znode as a line of an export has it: the lines of `zookit export`. */
interface Line {
  readonly path: string
  readonly data: Buffer | null
  readonly acl: readonly ACL[] | undefined
  readonly isEphemeral: boolean
}

/** A znode that is to be at a path. */
interface Wanted extends Omit<Line, 'isEphemeral'> {
  /** The ACL that it gets until all below it is there. Undefined: its own at once. */
  readonly interim: readonly ACL[] | undefined
}

/** The fate of a znode. `isOpen` if it still has its interim ACL. */
interface Placed {
  readonly fate: keyof Imported
  readonly isOpen: boolean
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function dataFields(data: Buffer | null): object {
  if (data === null) return { data: null }
  try {
    return { data: strict.decode(data) }
  } catch {
    return { base64: data.toString('base64') }
  }
}

/** Writes a tree as lines of JSON, parents first. Leaves ZooKeeper's own znodes out, unless they are the root. */
export async function* exportLines(zk: ZooKeeper, root: string): AsyncGenerator<string, void, undefined> {
  let batch: DataNode[] = []
  for await (const node of zk.walk(root, { data: true })) {
    const { path } = node
    if (root === '/' && (path === '/zookeeper' || path.startsWith('/zookeeper/'))) continue
    batch.push(node)
    if (batch.length < AHEAD) continue
    yield* await Promise.all(batch.map(each => lineOf(zk, each)))
    batch = []
  }
  yield* await Promise.all(batch.map(each => lineOf(zk, each)))
}

/** Returns the line of a znode; nothing if it was deleted meanwhile. */
async function lineOf(zk: ZooKeeper, { path, data, stat }: DataNode): Promise<string> {
  try {
    const { acl: entries } = await zk.getAcl(path)
    const isOpen = formatAcl(entries) === 'world:anyone:cdrwa'
    const shown = entries.map(entry => {
      const { scheme, id } = entry.id
      return { scheme, id, perms: formatAcl([entry]).slice(`${scheme}:${id}:`.length) }
    })
    const line = {
      path,
      ...dataFields(data),
      ...(!isOpen && { acl: shown }),
      ...(isEphemeral(stat) && { ephemeral: hex(stat.ephemeralOwner) }),
    }
    return `${JSON.stringify(line)}\n`
  } catch (error) {
    if (ZooKeeperError.is(error) && error.code === 'NO_NODE') return ''
    throw error
  }
}

/** Counts what an import did. */
export interface Imported {
  created: number
  updated: number
  unchanged: number
  conflicts: number
  ephemerals: number
}

/**
 * Creates the znodes of an export below a path, as `zookit import` does. The whole file is checked before anything is written.
 * A znode whose ACL may forbid what the file has below it gets that ACL at the end, children first, and an interim one until then.
 *
 * @throws ZooKeeperError BAD_ARGUMENTS names the line.
 */
export async function importLines(
  zk: ZooKeeper,
  to: string,
  text: string,
  overwrite: boolean,
): Promise<Imported> {
  const lines = targets(text, to)
  const counts: Imported = { created: 0, updated: 0, unchanged: 0, conflicts: 0, ephemerals: 0 }
  const parents = new Set(lines.map(({ path }) => parentOf(path)))
  const interim = interimAcls(zk)
  const open: Pick<Wanted, 'path' | 'acl'>[] = []
  try {
    for (const { isEphemeral, ...line } of lines) {
      if (isEphemeral) {
        counts.ephemerals++
        continue
      }
      const { path, acl: own } = line
      const first = own !== undefined && parents.has(path) ? await interim(own) : null
      const { fate, isOpen } = await place(zk, { ...line, interim: first?.acl }, overwrite)
      counts[fate]++
      if (isOpen) open.push({ path, acl: own })
    }
    for (const { path, acl: own } of open.toReversed()) await zk.setAcl(path, own!)
  } catch (error) {
    const isBegun = counts.created + counts.updated > 0
    throw isBegun && ZooKeeperError.is(error) ? error.afterSteps() : error
  }
  return counts
}

/** Parses a file. @returns its znodes with the paths that they are going to have: the first one becomes the target itself. */
function targets(text: string, to: string): Line[] {
  const seen = new Map<string, number>()
  let root: string | null = null
  return text.split('\n').flatMap((each, i) => {
    if (each.trim() === '') return []
    const fault = (message: string): ZooKeeperError =>
      badRequest(`line ${i + 1} is no znode of this export: ${message}`)
    let line: Line
    try {
      line = parseLine(each)
      root ??= line.path
      line = { ...line, path: moved(line.path, root, to) }
      validatePath(line.path)
    } catch (error) {
      throw fault((error as Error).message)
    }
    const before = seen.get(line.path)
    if (before !== undefined) throw fault(`line ${before} has its path, too`)
    seen.set(line.path, i + 1)
    return [line]
  })
}

/** Returns the path under which a znode of the file is put. */
function moved(path: string, root: string, to: string): string {
  if (path === root) return to
  if (root !== '/' && !path.startsWith(`${root}/`))
    throw new Error(`${path} is not below the first znode ${root}`)
  const rest = root === '/' ? path : path.slice(root.length)
  return to === '/' ? rest : `${to}${rest}`
}

async function place(zk: ZooKeeper, wanted: Wanted, overwrite: boolean): Promise<Placed> {
  const { path, data, acl: own, interim } = wanted
  const there = await read(zk, path)
  if (there === null) {
    const parent = parentOf(path)
    if (parent !== null && parent !== '/') await zk.ensurePath(parent)
    await zk.create(path, data, own === undefined ? {} : { acl: interim ?? own })
    return { fate: 'created', isOpen: interim !== undefined }
  }
  // An import that was cut off has left it so.
  const isOpen = interim !== undefined && isInterimAcl((await zk.getAcl(path)).acl, own!)
  const isSame = data === null || there.data === null ? data === there.data : data.equals(there.data)
  if (isSame) return { fate: 'unchanged', isOpen }
  if (!overwrite) return { fate: 'conflicts', isOpen }
  await zk.setData(path, data, { version: there.version })
  return { fate: 'updated', isOpen }
}

async function read(zk: ZooKeeper, path: string): Promise<{ data: Buffer | null; version: number } | null> {
  try {
    const { data, stat } = await zk.getData(path)
    return { data, version: stat.version }
  } catch (error) {
    if (ZooKeeperError.is(error) && error.code === 'NO_NODE') return null
    throw error
  }
}

function binary(base64: unknown): Buffer {
  const bytes = typeof base64 === 'string' ? decodeBase64(base64) : null
  if (bytes === null) throw new Error('its data is no base64')
  return bytes
}

const FIELDS = ['path', 'data', 'base64', 'acl', 'ephemeral']

function parseLine(text: string): Line {
  const parsed = JSON.parse(text)
  if (typeof parsed !== 'object' || parsed === null) throw new Error('it is no object')
  const unknown = Object.keys(parsed).find(key => !FIELDS.includes(key))
  if (unknown !== undefined) throw new Error(`an export has no field ${JSON.stringify(unknown)}`)
  const { path, data = null, base64, acl: entries, ephemeral } = parsed
  if (typeof path !== 'string' || !path.startsWith('/')) throw new Error('it has no path')
  if (data !== null && typeof data !== 'string') throw new Error('its data is no text')
  if (data !== null && base64 !== undefined) throw new Error('data and base64 exclude each other')
  if (entries !== undefined && !(Array.isArray(entries) && entries.length > 0))
    throw new Error('its ACL is no list of entries')
  const bytes = base64 === undefined ? (data === null ? null : Buffer.from(data)) : binary(base64)
  const acls = entries?.map((each: { scheme: string; id: string; perms: string }) =>
    acl(each.perms, each.scheme, each.id),
  )
  return { path, data: bytes, acl: acls, isEphemeral: ephemeral !== undefined }
}
