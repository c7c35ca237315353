import { type ChildProcess, spawn } from 'node:child_process'

/** The address of a container runtime's API, as dockerode takes it. */
export interface RuntimeAddress {
  socketPath?: string | undefined
  protocol?: string | undefined
  host?: string | undefined
  port?: number | string | undefined
  ca?: unknown
  cert?: unknown
  key?: unknown
}

/**
 * Waits for the end of its standard input, which comes when the test run ends for any reason, SIGKILL included, and
 * then removes what it has been told of, one API path to a line, the last one first: a network goes
 * after its containers.
 */
const SCRIPT = `
const address = JSON.parse(process.argv[1])
const { request } = require(address.protocol === 'https' ? 'node:https' : 'node:http')
const remove = path => new Promise(resolve =>
  request({ ...address, protocol: undefined, method: 'DELETE', path }, reply => reply.resume().on('end', resolve))
    .on('error', resolve)
    .end())
let paths = ''
process.stdin.on('data', chunk => { paths += chunk })
process.stdin.on('end', async () => {
  for (const path of paths.split('\\n').filter(Boolean).reverse()) await remove(path)
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {})
`

let watchdog: ChildProcess | undefined

function start(address: RuntimeAddress): ChildProcess {
  const child = spawn(process.execPath, ['-e', SCRIPT, JSON.stringify(address)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: {},
  })
  child.unref()
  child.stdin?.on('error', () => {})
  const pipe = child.stdin as { unref?: () => void } | null
  pipe?.unref?.()
  return child
}

/** Sends `DELETE path` to the container runtime when this process has ended. A path that does not exist any more is ignored. */
export function removeAtExit(address: RuntimeAddress, path: string): void {
  watchdog ??= start(address)
  watchdog.stdin?.write(`${path}\n`)
}
