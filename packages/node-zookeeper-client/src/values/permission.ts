/** The permissions of an ACL, as bits. */
export interface Permissions {
  READ: number
  WRITE: number
  CREATE: number
  DELETE: number
  ADMIN: number
  ALL: number
}

/** The permissions of an ACL, as bits. */
export const Permission: Permissions = { READ: 1, WRITE: 2, CREATE: 4, DELETE: 8, ADMIN: 16, ALL: 31 }
