import { Exception } from '../values/exception.ts'

export { Exception as default, Exception as 'module.exports' }
