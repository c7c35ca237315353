import type { ACL as ZookitAcl } from '@zookit/client'
import { Id } from './id.ts'
import { Permission } from './permission.ts'

/** An entry of an access control list: permissions, and who has them. */
export class ACL {
  /** All permissions for everybody. */
  static readonly OPEN_ACL_UNSAFE: ACL[] = [new ACL(Permission.ALL, Id.ANYONE_ID_UNSAFE)]
  /** All permissions for the identities of the client that creates the znode. */
  static readonly CREATOR_ALL_ACL: ACL[] = [new ACL(Permission.ALL, Id.AUTH_IDS)]
  /** READ for everybody. */
  static readonly READ_ACL_UNSAFE: ACL[] = [new ACL(Permission.READ, Id.ANYONE_ID_UNSAFE)]

  permission: number
  id: Id

  /**
   * @param permission the sum of permissions, 1 to 31.
   * @throws Error.
   */
  constructor(permission: number, id: Id) {
    if (typeof permission !== 'number' || permission < 1 || permission > 31)
      throw new Error('the permission must be a number from 1 to 31')
    if (!(id instanceof Id)) throw new Error('the id must be an instance of Id')
    this.permission = permission
    this.id = id
  }

  /** The permissions, under the name that `@types/node-zookeeper-client` gives them. */
  get perms(): number {
    return this.permission
  }
}

/** An entry of an access control list that a client takes: an `ACL`, also of another copy of the package. */
export interface AclEntry {
  readonly perms: number
  readonly id: { readonly scheme: string; readonly id: string }
}

/** Turns entries into those of the client. @throws TypeError for an invalid entry. */
export function toZookit(acls: readonly AclEntry[]): ZookitAcl[] {
  return acls.map(entry => {
    const { permission: perms, id } = entry as ACL
    return { perms, id: { scheme: id.scheme, id: id.id } }
  })
}

/** Turns entries of the client into instances. */
export function fromZookit(acls: readonly ZookitAcl[]): ACL[] {
  return acls.map(({ perms, id: { scheme, id } }) => new ACL(perms, new Id(scheme, id)))
}
