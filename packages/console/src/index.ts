export { Console, type ConsoleOptions } from './console.ts'
export type { Listening, ListenOptions } from './http/listen.ts'
export type { TrafficRecord } from './protocol.ts'
