import { ACL } from '../values/acl.ts'

export { ACL as default, ACL as 'module.exports' }
