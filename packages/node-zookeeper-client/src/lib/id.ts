import { Id } from '../values/id.ts'

export { Id as default, Id as 'module.exports' }
