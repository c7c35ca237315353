/** The error numbers that the server answers with, by the names of errors.json. */
export { ErrorNumber as Err } from '@zookit/jute'
