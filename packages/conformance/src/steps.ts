import { type ACL, CreateFlag, type Operation, op, Perm, type Stat } from '@zookit/jute'

/** A way to ask a server: a `Session`, or a raw client. */
export interface Requester {
  request<Request, Result, Response>(
    operation: Operation<Request, Result, Response>,
    body: Request,
  ): Promise<Result>
}

/** The fields of a create beside its path. */
export interface CreateFields {
  data?: Uint8Array | string | null
  acl?: ACL[] | null
  flags?: number
}

/** Returns an entry of an ACL. */
export function entry(perms: number, scheme: string, id: string): ACL {
  return { perms, id: { scheme, id } }
}

/** An ACL that lets anyone do anything. */
export const OPEN: ACL[] = [entry(Perm.ALL, 'world', 'anyone')]

/** Returns the body of a create. */
export function createBody(
  path: string,
  fields: CreateFields = {},
): {
  path: string
  data: Uint8Array | null
  acl: ACL[] | null
  flags: number
} {
  const { data = 'data', acl = OPEN, flags = CreateFlag.persistent } = fields
  return { path, data: typeof data === 'string' ? Buffer.from(data) : data, acl, flags }
}

/** Creates a znode. @returns its path. */
export async function create(client: Requester, path: string, fields?: CreateFields): Promise<string> {
  return (await client.request(op.create, createBody(path, fields))).path
}

export function ephemeral(client: Requester, path: string): Promise<string> {
  return create(client, path, { flags: CreateFlag.ephemeral })
}

export async function setData(client: Requester, path: string, data = 'new', version = -1): Promise<Stat> {
  return (await client.request(op.setData, { path, data: Buffer.from(data), version })).stat
}

export async function remove(client: Requester, path: string, version = -1): Promise<void> {
  await client.request(op.delete, { path, version })
}

export async function getData(
  client: Requester,
  path: string,
  watch = false,
): Promise<{ data: Buffer | null; stat: Stat }> {
  return client.request(op.getData, { path, watch })
}

export async function exists(client: Requester, path: string, watch = false): Promise<Stat | null> {
  return (await client.request(op.exists, { path, watch }))?.stat ?? null
}

export async function children(client: Requester, path: string, watch = false): Promise<string[]> {
  return (await client.request(op.getChildren, { path, watch })).children.sort()
}

export async function authenticate(client: Requester, secret: string, scheme = 'digest'): Promise<void> {
  await client.request(op.auth, { type: 0, scheme, auth: Buffer.from(secret) })
}
