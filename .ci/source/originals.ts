// Runs the programs that docs/migrate has for other clients, with the client that each is for.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { findCurator, findKazoo } from '@zookit/test-fixtures'
import type { Block } from './blocks.ts'
import { sourceFlags } from './built.ts'
import { ROOT } from './files.ts'

/** A client of others. */
export interface Original {
  readonly name: string
  /** Writes a program into a folder. @returns the command that runs it. */
  prepare(code: string, folder: string): readonly string[]
}

/** Has packages of npm that the root package does not depend on. */
const CACHE = join(ROOT, 'benchmarks/node_modules/.cache/migrate')

/** Has the packages of this repository. */
const OURS = join(ROOT, 'node_modules/.cache/migrate')

const FLAGS = await sourceFlags()

/** The imports of the page's programs, which it leaves out. */
const JAVA = `import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.ExponentialBackoffRetry;
import org.apache.zookeeper.data.Stat;
`

/** Returns the client that a program is for; its name alone where this machine does not have it. */
export function originalFor({ language, code }: Block): Original | string {
  if (language === 'java') return curator() ?? 'Curator'
  if (language === 'python') return kazoo() ?? 'kazoo'
  if (language === 'js') return native() ?? 'zookeeper (native)'
  if (code.includes("'node-zookeeper-client'")) return nodeClient
  throw new Error(`no client is known for a program in ${language}`)
}

function write(folder: string, name: string, code: string): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, name)
  writeFileSync(file, code)
  return file
}

/** Runs programs on the original package. */
const nodeClient: Original = {
  name: 'node-zookeeper-client',
  prepare: code => [process.execPath, ...FLAGS, write(CACHE, 'before.mts', code)],
}

/** Runs what takes the place of such a program. */
export const zookit: Original = {
  name: 'zookit',
  prepare: code => [process.execPath, ...FLAGS, write(OURS, 'after.mts', code)],
}

function native(): Original | undefined {
  const directory = process.env.ZOOKIT_NATIVE_CLIENT
  if (directory === undefined) return undefined
  const place = `require(${JSON.stringify(resolve(directory))})`
  return {
    name: 'zookeeper (native)',
    prepare: (code, folder) => [
      process.execPath,
      write(folder, 'before.cjs', code.replace("require('zookeeper')", place)),
    ],
  }
}

function kazoo(): Original | undefined {
  const python = findKazoo()
  if (python === undefined) return undefined
  return { name: 'kazoo', prepare: (code, folder) => [python, write(folder, 'before.py', code)] }
}

function curator(): Original | undefined {
  const curator = findCurator()
  return (
    curator && {
      name: 'Curator',
      prepare(code, folder) {
        const main = `public class Before {\n  public static void main(String[] hosts) throws Exception {\n${code}  }\n}\n`
        curator.compile(folder, write(folder, 'Before.java', JAVA + main))
        return curator.command(folder, 'Before')
      },
    }
  )
}

/** Removes what was written for programs of Node. */
export function clear(): void {
  for (const folder of [CACHE, OURS]) rmSync(folder, { recursive: true, force: true })
}
