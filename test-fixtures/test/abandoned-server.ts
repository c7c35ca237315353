import { startServer } from '../src/index.ts'

/** Starts a server, tells its port and stays until it is killed. */
const server = await startServer()
process.stdout.write(`${server.port}\n`)
setInterval(() => {}, 60_000)
