import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeEmptyLogs } from './empty-logs.ts'
import type { Installation } from './installation.ts'
import type { ServerPlan } from './server-plan.ts'
import type { Launcher, ProcessGroup, ServerProcess } from './server-process.ts'
import { stopped } from './stopped.ts'
import { watch } from './watchdog.ts'

const LOG_TAIL = 8_000
const MAIN_CLASS = 'org.apache.zookeeper.server.quorum.QuorumPeerMain'

/** The place on this machine where a server runs. */
export interface JavaPlace {
  /** Its address, for clients and for the other servers. */
  readonly address: string
  /** The command that starts a program there, in front of the program's own: `ip netns exec NAME`. */
  readonly wrapper: readonly string[]
}

const LOOPBACK: JavaPlace = { address: '127.0.0.1', wrapper: [] }

/** One ZooKeeper server as a child process, with everything it writes in one private temporary directory. */
class JavaProcess implements ServerProcess {
  readonly confDir: string
  readonly dataDir: string
  readonly bindAddress: string
  readonly peerHost: string
  readonly clientHost: string
  readonly #wrapper: readonly string[]
  readonly #installation: Installation
  readonly #directory: string
  readonly #logFile: string
  #child: ChildProcess | undefined
  #watchdog: ChildProcess | undefined

  constructor(installation: Installation, { address, wrapper }: JavaPlace) {
    this.#installation = installation
    this.bindAddress = this.peerHost = this.clientHost = address
    this.#wrapper = wrapper
    this.#directory = mkdtempSync(join(tmpdir(), 'zookit-server-'))
    this.confDir = join(this.#directory, 'conf')
    this.dataDir = join(this.#directory, 'data')
    this.#logFile = join(this.#directory, 'log')
    mkdirSync(this.confDir)
    mkdirSync(this.dataDir)
  }

  async start(plan: ServerPlan): Promise<void> {
    removeEmptyLogs(this.dataDir)
    for (const { name, content } of plan.files)
      writeFileSync(join(this.confDir, name), content, { mode: 0o600 })
    if (plan.myid !== undefined) writeFileSync(join(this.dataDir, 'myid'), `${plan.myid}\n`)
    const log = openSync(this.#logFile, 'a')
    const logger = [
      '-Dorg.slf4j.simpleLogger.showDateTime=true',
      '-Dorg.slf4j.simpleLogger.showShortLogName=true',
    ]
    const arguments_ = [...logger, ...plan.jvmFlags, '-cp', this.#installation.classPath, MAIN_CLASS]
    const command = [...this.#wrapper, this.#installation.java, ...arguments_, join(this.confDir, 'zoo.cfg')]
    const child = spawn(command[0]!, command.slice(1), {
      cwd: this.#directory,
      stdio: ['ignore', log, log],
      detached: true,
    })
    closeSync(log)
    child.unref()
    await once(child, 'spawn')
    this.#child = child
    this.#watchdog = watch(child.pid as number, this.#directory)
    child.once('exit', () => this.#callOff())
  }

  async isAlive(): Promise<boolean> {
    return this.#isRunning()
  }

  async pause(): Promise<void> {
    const child = this.#running()
    child.kill('SIGSTOP')
    await stopped(child.pid as number)
  }

  async resume(): Promise<void> {
    this.#running().kill('SIGCONT')
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (!child || !this.#isRunning()) return
    child.ref()
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  async log(): Promise<string> {
    return readFileSync(this.#logFile, { encoding: 'utf8', flag: 'a+' }).slice(-LOG_TAIL)
  }

  async dispose(): Promise<void> {
    await this.kill()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  #running(): ChildProcess {
    if (!this.#child || !this.#isRunning()) throw new Error('the server is not running')
    return this.#child
  }

  /** Ends the watchdog when the server has ended: its process id may soon belong to another process. */
  #callOff(): void {
    this.#watchdog?.stdin?.end('over\n')
    this.#watchdog = undefined
  }
}

class JavaGroup implements ProcessGroup {
  readonly #installation: Installation
  readonly #place: (index: number) => JavaPlace
  readonly #processes: JavaProcess[] = []

  constructor(installation: Installation, place: (index: number) => JavaPlace) {
    this.#installation = installation
    this.#place = place
  }

  createProcess(): ServerProcess {
    const process = new JavaProcess(this.#installation, this.#place(this.#processes.length))
    this.#processes.push(process)
    return process
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#processes.map(process => process.dispose()))
  }
}

/**
 * Runs servers of a local installation.
 *
 * @param place gives the place of each server of a group, counted from 0; by default all are on 127.0.0.1.
 */
export function javaLauncher(
  installation: Installation,
  place: (index: number) => JavaPlace = () => LOOPBACK,
): Launcher {
  return { createGroup: async () => new JavaGroup(installation, place) }
}
