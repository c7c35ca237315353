import {
  closeSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Script } from 'node:vm'

/** A CommonJS file to run. */
interface Source {
  /** Its name is another one for other contents. */
  readonly file: string
  /** The `require` that it gets. */
  readonly require: NodeJS.Require
  /** The folder of the compiled code, or null for none. */
  readonly folder: string | null
  /** Name of the part that will be used: only functions that were called are compiled. */
  readonly part: string
}

/**
 * Returns the user's own folder for compiled code, below `$XDG_CACHE_HOME` or `~/.cache`. There is one for each version of Node, and none
 * where NODE_DISABLE_COMPILE_CACHE is set.
 */
export function folderOf(env: Readonly<Record<string, string | undefined>>): string | null {
  const base = env.XDG_CACHE_HOME || (env.HOME && join(env.HOME, '.cache'))
  if (!base?.startsWith('/') || env.NODE_DISABLE_COMPILE_CACHE) return null
  return join(base, 'zookit', `node-${process.versions.node}-${process.arch}`)
}

/**
 * Runs a CommonJS file with its compiled code of an earlier run, or keeps that when the process ends with 0. It is what Node does itself
 * from 22.8 on.
 *
 * @returns its exports.
 */
export function runCompiled({ file, require, folder, part }: Source): unknown {
  const place = folder === null ? null : join(folder, part)
  const cachedData = place === null ? undefined : read(place, basename(file))
  const code = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, 'utf8')}\n})`
  const script = new Script(code, {
    filename: file,
    ...(cachedData && { cachedData }),
  })
  if (place !== null && script.cachedDataRejected !== false) {
    process.once('exit', exitCode => {
      if (exitCode === 0) write(place, basename(file), script.createCachedData())
    })
  }
  const module = { exports: {} }
  script.runInThisContext()(module.exports, require, module, file, dirname(file))
  return module.exports
}

/**
 * Reads compiled code. The engine runs what it is given, for any source of the same length: so the file must begin with the name of the
 * source, and nobody but the user may be able to write it.
 */
function read(place: string, name: string): Buffer | undefined {
  try {
    if (!isOwn(lstatSync(dirname(place)))) return undefined
    const descriptor = openSync(place, 'r')
    try {
      if (!isOwn(fstatSync(descriptor))) return undefined
      const bytes = readFileSync(descriptor)
      return bytes.toString('latin1', 0, name.length) === name ? bytes.subarray(name.length) : undefined
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return undefined
  }
}

function write(place: string, name: string, compiled: Buffer): void {
  const unfinished = `${place}.${process.pid}`
  try {
    mkdirSync(dirname(place), { recursive: true, mode: 0o700 })
    if (!isOwn(lstatSync(dirname(place)))) return
    writeFileSync(unfinished, Buffer.concat([Buffer.from(name, 'latin1'), compiled]), {
      mode: 0o600,
      flag: 'wx',
    })
    renameSync(unfinished, place)
  } catch {
    // The next run compiles again.
  }
}

const GROUP_AND_OTHERS_WRITE = 0o022

function isOwn({ uid, mode }: { uid: number; mode: number }): boolean {
  return uid === process.getuid?.() && (mode & GROUP_AND_OTHERS_WRITE) === 0
}
