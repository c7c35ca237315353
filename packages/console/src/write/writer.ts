import { type CreateOptions, counted, validatePath, type ZooKeeper } from '@zookit/client'
import type { WriteRequest, WriteView } from '../protocol.ts'
import { REVOKE } from '../recipes/look.ts'
import { recognise } from '../recipes/recognise.ts'
import {
  formatQuota,
  hasQuotas,
  type Limits,
  limitsPath,
  OUTSIDE,
  quotaPath,
  usagePath,
} from '../znode/quota.ts'
import { badRequest, parseAcl } from './acl-text.ts'
import { decodeBase64 } from './base64.ts'
import { importLines } from './tree-file.ts'

/** The modes in which the page may create. An ephemeral znode would belong to the session of the console. */
const MODES = ['persistent', 'persistent-sequential', 'container', 'ttl', 'ttl-sequential'] as const

/** The roles of those who hold a lock, and can let it go. */
const HOLDERS = ['holder', 'reader', 'writer']

/** Carries out a write that a page asks for. @throws ZooKeeperError, BAD_VERSION of a conflict among them. */
export async function write(zk: ZooKeeper, request: WriteRequest): Promise<WriteView> {
  checkPath(request.path)
  switch (request.do) {
    case 'create':
      return create(zk, request)
    case 'set': {
      const { version } = await zk.setData(request.path, bytesOf(request.data), {
        version: versionOf(request),
      })
      return { path: request.path, message: `changed to version ${version}` }
    }
    case 'delete':
      await zk.delete(request.path, { version: versionOf(request) })
      return { path: request.path, message: 'deleted' }
    case 'delete-tree':
      return deleteTree(zk, request)
    case 'acl': {
      const { acl: present } = await zk.getAcl(request.path)
      const stat = await zk.setAcl(request.path, parseAcl(textOf(request.acl, 'ACL'), present), {
        version: versionOf(request),
      })
      return { path: request.path, message: `ACL changed to version ${stat.aversion}` }
    }
    case 'quota':
      return setQuota(zk, request.path, request.limits)
    case 'import':
      return importTree(zk, request)
    case 'revoke':
      return revoke(zk, request)
    default:
      throw badRequest(`there is no write '${textOf((request as { do: unknown }).do, 'kind of write')}'`)
  }
}

/** Returns a field that must be text. */
function textOf(value: unknown, name: string): string {
  if (typeof value === 'string') return value
  throw badRequest(`the ${name} is missing`)
}

function checkPath(path: unknown): void {
  if (typeof path !== 'string') throw badRequest('the path is missing')
  validatePath(path)
}

/** Returns the version that the page has seen: no write is made without one. */
function versionOf({ version }: { readonly version: number }): number {
  if (Number.isInteger(version) && version >= 0) return version
  throw badRequest('the version that was seen is missing')
}

function bytesOf(base64: unknown): Buffer {
  if (typeof base64 !== 'string') throw badRequest('the data is missing')
  const bytes = decodeBase64(base64)
  if (bytes === null) throw badRequest('the data is no base64')
  return bytes
}

async function create(zk: ZooKeeper, request: Extract<WriteRequest, { do: 'create' }>): Promise<WriteView> {
  const mode = MODES.find(each => each === request.mode)
  if (mode === undefined)
    throw badRequest(`the mode is one of ${MODES.join(', ')}, not '${textOf(request.mode, 'mode')}'`)
  const options = (
    mode === 'ttl' || mode === 'ttl-sequential' ? { mode, ttl: request.ttl } : { mode }
  ) as CreateOptions
  const path = await zk.create(request.path, bytesOf(request.data), options)
  return { path, message: `created ${path}` }
}

/** Checks that the person has typed the name of what is to be changed as a whole. */
function checkTyped(path: string, confirm: string): void {
  const name = path === '/' ? '/' : path.slice(path.lastIndexOf('/') + 1)
  if (confirm !== name)
    throw badRequest(`type '${name}' to confirm: '${textOf(confirm, 'confirmation')}' was typed`)
}

async function deleteTree(
  zk: ZooKeeper,
  { path, confirm }: Extract<WriteRequest, { do: 'delete-tree' }>,
): Promise<WriteView> {
  if (path === '/' || path === '/zookeeper' || path.startsWith('/zookeeper/'))
    throw badRequest(`${path} is not deleted with all below it: it has ZooKeeper's own znodes`)
  checkTyped(path, confirm)
  await zk.removeTree(path)
  return { path, message: 'deleted with all below it' }
}

async function setQuota(
  zk: ZooKeeper,
  path: string,
  limits: Readonly<Record<string, number | null>> | null,
): Promise<WriteView> {
  if (path === '/zookeeper' || path.startsWith('/zookeeper/'))
    throw badRequest("ZooKeeper's own znodes take no quota")
  if (!(await hasQuotas(zk))) throw badRequest(OUTSIDE)
  if (limits === null) {
    await zk.removeTree(limitsPath(path))
    await zk.removeTree(usagePath(path))
    return { path, message: 'quota taken away' }
  }
  if (typeof limits !== 'object' || Array.isArray(limits)) throw badRequest('the limits are missing')
  const text = formatQuota(checkedLimits(limits))
  const isThere = (await zk.exists(limitsPath(path))) !== null
  if (isThere) await zk.setData(limitsPath(path), text)
  else {
    await zk.ensurePath(quotaPath(path))
    // The server counts as soon as both are there.
    await zk
      .transaction()
      .create(limitsPath(path), text)
      .create(usagePath(path), formatQuota({ count: 0, bytes: 0, countHardLimit: null, byteHardLimit: null }))
      .commit()
  }
  return { path, message: 'quota set' }
}

function checkedLimits(limits: Readonly<Record<string, number | null>>): Limits {
  const limit = (name: keyof Limits): number | null => {
    const value = limits[name] ?? null
    if (value === null || (Number.isSafeInteger(value) && value >= 0)) return value
    throw badRequest(`${name} must be a whole number from 0 on`)
  }
  return {
    count: limit('count'),
    bytes: limit('bytes'),
    countHardLimit: limit('countHardLimit'),
    byteHardLimit: limit('byteHardLimit'),
  }
}

async function importTree(
  zk: ZooKeeper,
  request: Extract<WriteRequest, { do: 'import' }>,
): Promise<WriteView> {
  const { path, lines, confirm, overwrite } = request
  checkTyped(path, confirm)
  if (typeof lines !== 'string') throw badRequest('the lines of the export are missing')
  const { created, updated, unchanged, conflicts, ephemerals } = await importLines(
    zk,
    path,
    lines,
    overwrite === true,
  )
  return {
    path,
    message: `${created} created, ${updated} updated, ${unchanged} unchanged, ${counted(conflicts, 'conflict')} left alone, ${counted(ephemerals, 'ephemeral')} left out`,
  }
}

/** Asks a holder to release, as Curator's Revoker does: its data becomes a mark that it watches for. */
async function revoke(zk: ZooKeeper, request: Extract<WriteRequest, { do: 'revoke' }>): Promise<WriteView> {
  const { path } = request
  const version = versionOf(request)
  const recipe = await recognise(zk, path.slice(0, path.lastIndexOf('/')) || '/', {})
  const found = recipe?.revocable ? recipe.participants.find(each => each.path === path) : undefined
  if (found === undefined || !HOLDERS.includes(found.role))
    throw badRequest(`${path} holds no lock that can be asked for: nothing was written`)
  await zk.setData(path, REVOKE, { version })
  return { path, message: 'asked to release' }
}
