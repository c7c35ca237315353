import { type Stat, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import type { Participant, RecipeKind, RecipeView } from '../protocol.ts'
import { ownerOf } from '../znode/views.ts'

/** Participants that are read and listed. */
export const MOST_LISTED = 200
/** Characters of data that are shown of a participant. */
const MOST_TEXT = 200

/** A znode as the recognisers see it. */
export interface Look {
  readonly zk: ZooKeeper
  readonly path: string
  /** The last part of the path. */
  readonly name: string
  readonly children: readonly string[]
  readonly data: Buffer | null
}

/** A znode that was read for a recipe. */
export interface Entry {
  readonly name: string
  readonly path: string
  readonly data: Buffer | null
  readonly stat: Stat
}

/** Reads a znode. @returns null if it does not exist or may not be read. */
export async function lookAt(zk: ZooKeeper, path: string): Promise<Look | null> {
  try {
    const [{ children }, { data }] = await Promise.all([zk.getChildren(path), zk.getData(path)])
    return { zk, path, name: path.slice(path.lastIndexOf('/') + 1), children, data }
  } catch (error) {
    if (ZooKeeperError.is(error) && (error.code === 'NO_NODE' || error.code === 'NO_AUTH')) return null
    throw error
  }
}

/** Joins a path and the name of a child. */
export function below(path: string, name: string): string {
  return `${path === '/' ? '' : path}/${name}`
}

/** Reads children, no more than are listed. Those that are gone, or may not be read, are left out. */
export async function readEntries(
  { zk, path }: Pick<Look, 'zk' | 'path'>,
  names: readonly string[],
  most: number = MOST_LISTED,
): Promise<Entry[]> {
  const paths = names.slice(0, most).map(name => below(path, name))
  try {
    const found = await zk.getMany(paths)
    return found.flatMap((znode, i) =>
      znode === null ? [] : [{ name: names[i]!, path: paths[i]!, data: znode.data, stat: znode.stat }],
    )
  } catch (error) {
    if (ZooKeeperError.is(error) && error.code === 'NO_AUTH') return []
    throw error
  }
}

/** Lists the children of a znode, sorted; none if it does not exist. */
export async function childrenOf(zk: ZooKeeper, path: string): Promise<string[]> {
  return (await lookAt(zk, path))?.children.slice().sort() ?? []
}

const strict = new TextDecoder('utf-8', { fatal: true })

/** Returns the beginning of data that is text, null of any other. */
function textOf(data: Buffer | null): string | null {
  if (data === null || data.length === 0) return null
  try {
    const text = strict.decode(data)
    return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text
  } catch {
    return null
  }
}

/** Data by which Curator's Revoker asks a holder to release. */
export const REVOKE = '__REVOKE__'

/** Makes a participant of a znode. */
export function participant(entry: Entry, role: string, blockedBy: readonly string[] = []): Participant {
  const { path, stat, data } = entry
  const text = textOf(data)
  return {
    path,
    role,
    owner: ownerOf(stat),
    since: stat.ctime,
    data: text,
    blockedBy,
    version: stat.version,
    revoked: text === REVOKE,
  }
}

/** Makes a recipe of its parts. */
export function recipe(
  { path }: Pick<Look, 'path'>,
  kind: RecipeKind,
  parts: Pick<RecipeView, 'layout' | 'because'> & Partial<RecipeView>,
): RecipeView {
  return { path, kind, facts: [], participants: [], more: 0, revocable: false, ...parts }
}

/** A recogniser: returns the recipe that a znode is, or null. */
export type Recogniser = (look: Look) => Promise<RecipeView | null> | RecipeView | null
