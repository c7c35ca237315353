import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  type CertificateName,
  certificate,
  type Launcher,
  type ProcessGroup,
  type ServerPlan,
  type ServerProcess,
} from '@zookit/test-fixtures'
import { mendDisk } from './mend-disk.ts'
import { isRunning } from './namespaces.ts'

/** The size of a member's disk. A disk in memory takes what is used of it. */
const DISK = '2g'

/** The bytes that a disk which is about to be full has left. */
const LEFT = 64 * 1024

/** A server with a disk and a certificate of its own, both of which can go bad. */
export class MemberProcess implements ServerProcess {
  readonly #inner: ServerProcess
  readonly #hasDisk: boolean
  /** The certificate that it shows to clients from its next start on. */
  certificate: CertificateName = 'server'
  #isDisposed = false

  /** @param hasDisk true to give it a disk in memory, which takes the rights of root. */
  constructor(inner: ServerProcess, hasDisk: boolean) {
    this.#inner = inner
    this.#hasDisk = hasDisk
    if (hasDisk) mount('-t', 'tmpfs', '-o', `size=${DISK}`, `zf${process.pid}`, inner.dataDir)
    if (hasDisk) process.once('exit', this.#unmountAtExit)
  }

  /** Lets go of the disk of a run that is ended before its time, whose server may still be running. */
  readonly #unmountAtExit = (): void => void execFileSync('umount', ['--lazy', this.dataDir])

  get confDir(): string {
    return this.#inner.confDir
  }

  get dataDir(): string {
    return this.#inner.dataDir
  }

  get bindAddress(): string {
    return this.#inner.bindAddress
  }

  get peerHost(): string {
    return this.#inner.peerHost
  }

  get clientHost(): string {
    return this.#inner.clientHost
  }

  start(plan: ServerPlan): Promise<void> {
    const { cert, key } = certificate(this.certificate)
    const files = plan.files.map(file =>
      file.name === 'server.pem' ? { ...file, content: `${cert}${key}` } : file,
    )
    const folder = join(this.dataDir, 'version-2')
    if (existsSync(folder)) mendDisk(folder)
    return this.#inner.start({ ...plan, files })
  }

  isAlive(): Promise<boolean> {
    return this.#inner.isAlive()
  }

  pause(): Promise<void> {
    return this.#inner.pause()
  }

  resume(): Promise<void> {
    return this.#inner.resume()
  }

  kill(): Promise<void> {
    return this.#inner.kill()
  }

  log(): Promise<string> {
    return this.#inner.log()
  }

  /** The file of all that it has logged since its first start. */
  get logFile(): string {
    return join(dirname(this.dataDir), 'log')
  }

  /** Leaves next to nothing of the disk. */
  fillDisk(): void {
    const { blocks, bavail, bsize } = statfsSync(this.dataDir)
    mount('-o', `remount,size=${(blocks - bavail) * bsize + LEFT}`, this.dataDir)
  }

  /** Makes the disk as large as it was. */
  emptyDisk(): void {
    mount('-o', `remount,size=${DISK}`, this.dataDir)
  }

  async dispose(): Promise<void> {
    if (this.#isDisposed) return
    this.#isDisposed = true
    await this.#inner.kill()
    process.off('exit', this.#unmountAtExit)
    if (this.#hasDisk) execFileSync('umount', [this.dataDir])
    await this.#inner.dispose()
  }
}

function mount(...options: readonly string[]): void {
  execFileSync('mount', options, { stdio: ['ignore', 'ignore', 'pipe'] })
}

/** Removes the disks of processes that were killed. */
function removeOldDisks(): void {
  for (const line of readFileSync('/proc/mounts', 'utf8').split('\n')) {
    const [, pid, dataDir] = /^zf(\d+) (\S+) tmpfs /.exec(line) ?? []
    if (dataDir === undefined || isRunning(Number(pid))) continue
    execFileSync('umount', [dataDir])
    rmSync(dirname(dataDir), { recursive: true, force: true })
  }
}

class MemberGroup implements ProcessGroup {
  readonly #inner: ProcessGroup
  readonly #hasDisks: boolean
  readonly members: MemberProcess[]

  constructor(inner: ProcessGroup, hasDisks: boolean, members: MemberProcess[]) {
    this.#inner = inner
    this.#hasDisks = hasDisks
    this.members = members
    members.length = 0
  }

  createProcess(ports: readonly number[]): MemberProcess {
    const member = new MemberProcess(this.#inner.createProcess(ports), this.#hasDisks)
    this.members.push(member)
    return member
  }

  async dispose(): Promise<void> {
    for (const member of this.members) await member.dispose()
    await this.#inner.dispose()
  }
}

/**
 * Starts servers that can be given bad disks and certificates.
 *
 * @param members is filled with the processes.
 */
export function memberLauncher(inner: Launcher, hasDisks: boolean, members: MemberProcess[]): Launcher {
  if (hasDisks) removeOldDisks()
  return { createGroup: async () => new MemberGroup(await inner.createGroup(), hasDisks, members) }
}
