import { ConnectionStringParser } from '../callbacks/connection-string.ts'

export { ConnectionStringParser as default, ConnectionStringParser as 'module.exports' }
