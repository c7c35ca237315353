import { CreateMode } from '../values/create-mode.ts'

export { CreateMode as default, CreateMode as 'module.exports' }
