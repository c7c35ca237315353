export { ExitCode } from './program/exit-codes.ts'
export { type Io, type Output, processIo } from './program/io.ts'
export { run } from './run.ts'
