import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Installation } from '../src/installation.ts'

const SOURCES = dirname(fileURLToPath(import.meta.url))

const CLIENT_LOGINS = `
Right { org.apache.zookeeper.server.auth.DigestLoginModule required username="bob" password="builder"; };
Wrong { org.apache.zookeeper.server.auth.DigestLoginModule required username="bob" password="breaker"; };
`

function compile({ java, classPath }: Installation, directory: string): void {
  const sources = readdirSync(SOURCES)
    .filter(name => name.endsWith('.java'))
    .map(name => join(SOURCES, name))
  const compiler = [
    '-m',
    'jdk.compiler/com.sun.tools.javac.Main',
    '-d',
    directory,
    '-cp',
    classPath,
    ...sources,
  ]
  const { status, stderr } = spawnSync(java, compiler, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the driver did not compile (a JDK is needed, 11 or newer):\n${stderr}`)
}

function start(installation: Installation, directory: string, hosts: Record<string, string>): ChildProcess {
  const logins = join(directory, 'logins.conf')
  writeFileSync(logins, CLIENT_LOGINS)
  return spawn(
    installation.java,
    [
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=off',
      `-Djava.security.auth.login.config=${logins}`,
      '-cp',
      `${directory}:${installation.classPath}`,
      'Driver',
      ...Object.entries(hosts).map(([name, address]) => `${name}=${address}`),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
}

/** A request of the driver: a JSON object whose `do` names it. */
export interface Demand {
  do: string
  [key: string]: unknown
}

/**
 * Compiles and runs the Java driver in `directory`, and answers each of its requests when `serve` has handled it.
 *
 * @throws Error if the driver does not compile or fails
 */
export async function runDriver(
  installation: Installation,
  directory: string,
  hosts: Record<string, string>,
  serve: (demand: Demand) => Promise<void>,
): Promise<void> {
  compile(installation, directory)
  const child = start(installation, directory, hosts)
  const exited = once(child, 'exit')
  try {
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      await serve(JSON.parse(line) as Demand)
      child.stdin?.write('ok\n')
    }
  } finally {
    child.stdin?.end()
    if (child.exitCode === null && child.signalCode === null) setTimeout(() => child.kill(), 2_000).unref()
  }
  const [code] = await exited
  if (code !== 0) throw new Error(`the driver ended with exit code ${code}`)
}
