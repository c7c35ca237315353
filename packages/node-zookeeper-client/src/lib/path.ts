export { validate } from '../callbacks/path.ts'
