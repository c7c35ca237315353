import { Permission } from '../values/permission.ts'

export { Permission as default, Permission as 'module.exports' }
