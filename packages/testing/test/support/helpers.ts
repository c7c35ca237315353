import { type ACL, CreateFlag, op } from '@zookit/jute'
import type { Answer, RawClient } from './raw-client.ts'

/** The ACL that allows everything to everybody. */
export const OPEN: ACL[] = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }]

/** Returns a create request. */
export function creation(
  path: string,
  options: { data?: string | null; mode?: keyof typeof CreateFlag; acl?: ACL[] | null } = {},
): { path: string; data: Buffer | null; acl: ACL[] | null; flags: number } {
  const { data = '', mode = 'persistent', acl = OPEN } = options
  return { path, data: data === null ? null : Buffer.from(data), acl, flags: CreateFlag[mode] }
}

/** Creates a znode and waits. @returns its path. */
export async function create(
  client: RawClient,
  path: string,
  options: Parameters<typeof creation>[1] = {},
): Promise<string> {
  return (await client.call(op.create, creation(path, options))).path
}

/** Creates a znode. @returns the error number. */
export async function createError(
  client: RawClient,
  path: string,
  options: Parameters<typeof creation>[1] = {},
): Promise<number> {
  return (await client.ask(op.create, creation(path, options))).err
}

/** Authenticates in the digest scheme. */
export function addDigest(client: RawClient, userAndPassword: string): Promise<Answer> {
  return client.ask(op.auth, { type: 0, scheme: 'digest', auth: Buffer.from(userAndPassword) })
}
