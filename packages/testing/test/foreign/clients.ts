import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findInstallation, findKazoo, type Installation } from '@zookit/test-fixtures'

const PROGRAMS = fileURLToPath(new URL('programs', import.meta.url))
const JAVAC = ['-m', 'jdk.compiler/com.sun.tools.javac.Main']
const GOPATH = '/usr/share/gocode'
const GO_CLIENT = 'src/github.com/samuel/go-zookeeper/zk'
const QUIET = '-Dorg.slf4j.simpleLogger.defaultLogLevel=off'

/** A foreign client, with the program that drives it. */
export interface ForeignClient {
  /** The client's name, with its version where it prints one. */
  readonly name: string
  /** True if it has transactions. The transcript of others leaves them out. */
  readonly multi: boolean
  /** Compiles the program into a directory where needed. @returns the command, to which the hosts are added. */
  prepare(directory: string): readonly string[]
}

/** Returns the output of a command; undefined when it fails or does not exist. */
function output(command: readonly string[], input = ''): string | undefined {
  const [file = '', ...args] = command
  const { status, stdout } = spawnSync(file, args, { encoding: 'utf8', input })
  return status === 0 ? stdout.trim() : undefined
}

function compile(command: readonly string[], env: NodeJS.ProcessEnv = {}): void {
  const [file = '', ...args] = command
  const { status, stderr } = spawnSync(file, args, { encoding: 'utf8', env: { ...process.env, ...env } })
  if (status !== 0) throw new Error(`${command.join(' ')} failed:\n${stderr}`)
}

function kazoo(): ForeignClient | undefined {
  const python = findKazoo()
  if (python === undefined) return undefined
  const version = output([python, '-c', 'import kazoo.version; print(kazoo.version.__version__)'])
  return { name: `kazoo ${version}`, multi: true, prepare: () => [python, join(PROGRAMS, 'client.py')] }
}

function cClient(): ForeignClient | undefined {
  const macros = output(['cc', '-DTHREADED', '-E', '-dM', '-'], '#include <zookeeper/zookeeper.h>\n')
  if (macros === undefined) return undefined
  const version = /ZOO_VERSION "(.*)"/.exec(macros)?.[1]
  return {
    name: version === undefined ? 'the C client' : `the C client ${version}`,
    multi: true,
    prepare(directory) {
      const program = join(directory, 'c-client')
      const source = join(PROGRAMS, 'client.c')
      compile(['cc', '-DTHREADED', '-Wall', '-o', program, source, '-lzookeeper_mt', '-pthread'])
      return [program]
    },
  }
}

function goClient(): ForeignClient | undefined {
  if (!existsSync(join(GOPATH, GO_CLIENT)) || output(['go', 'version']) === undefined) return undefined
  return {
    name: 'samuel/go-zookeeper',
    multi: true,
    prepare(directory) {
      const program = join(directory, 'go-client')
      compile(['go', 'build', '-o', program, join(PROGRAMS, 'client.go')], { GO111MODULE: 'off', GOPATH })
      return [program]
    },
  }
}

/** The Java client needs a compiler for its program: with a runtime alone, `zkCli` is all there is. */
function javaClient(installation: Installation | undefined): ForeignClient | undefined {
  if (installation === undefined) return undefined
  const { java, classPath, version } = installation
  if (output([java, ...JAVAC, '-version']) === undefined) return undefined
  return {
    name: `the Java client ${version}`,
    multi: true,
    prepare(directory) {
      compile([java, ...JAVAC, '-d', directory, '-cp', classPath, join(PROGRAMS, 'Client.java')])
      return [java, QUIET, '-cp', `${directory}:${classPath}`, 'Client']
    },
  }
}

function nodeClient(): ForeignClient {
  const { version } = createRequire(import.meta.url)('node-zookeeper-client/package.json') as {
    version: string
  }
  const name = `node-zookeeper-client ${version}`
  return { name, multi: true, prepare: () => [process.execPath, join(PROGRAMS, 'client.mjs')] }
}

/**
 * npm's `zookeeper` is native code that most machines would have to build, so it is not a dependency:
 * ZOOKIT_NATIVE_CLIENT names the directory of one that has been built, such as `node_modules/zookeeper`.
 */
function nativeClient(): ForeignClient | undefined {
  const directory = process.env.ZOOKIT_NATIVE_CLIENT
  if (directory === undefined) return undefined
  const load = `require(process.argv[1]); console.log(require(process.argv[1] + '/package.json').version)`
  const version = output([process.execPath, '-e', load, resolve(directory)])
  if (version === undefined) throw new Error(`ZOOKIT_NATIVE_CLIENT is ${directory}, which does not load`)
  const program = join(PROGRAMS, 'native.cjs')
  return {
    name: `zookeeper ${version}`,
    multi: false,
    prepare: () => [process.execPath, program, resolve(directory)],
  }
}

/** The clients that this machine has. All print the same transcript. */
export function findClients(): ForeignClient[] {
  const java = findInstallation(process.env)
  const all = [kazoo(), cClient(), goClient(), javaClient(java), nodeClient(), nativeClient()]
  return all.filter(client => client !== undefined)
}

/** ZooKeeper's own shell, which reads commands from its input; undefined where there is no Java or no ZooKeeper. */
export function findShell(): ForeignClient | undefined {
  const installation = findInstallation(process.env)
  if (installation === undefined) return undefined
  const { java, classPath, version } = installation
  const main = 'org.apache.zookeeper.ZooKeeperMain'
  const shell = [java, QUIET, '-cp', classPath, main, '-timeout', '10000', '-server']
  // Failures go to its standard error: both outputs are one pipe, to keep the order.
  const command = ['sh', '-c', 'exec "$@" 2>&1', 'zkCli', ...shell]
  return { name: `zkCli ${version}`, multi: false, prepare: () => command }
}
