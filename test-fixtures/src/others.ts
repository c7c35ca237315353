import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { findInstallation } from './installation.ts'

/** The compiler as a module, where the Java that runs the servers has it. */
const COMPILER = ['-m', 'jdk.compiler/com.sun.tools.javac.Main']
const JARS = '/usr/share/java'
const CURATOR = ['curator-client.jar', 'curator-framework.jar', 'curator-recipes.jar']

/** The commands for programs of Curator. */
export interface Curator {
  /** Compiles what is added into a directory. @throws Error with what the compiler says. */
  compile(directory: string, source: string): void
  /** Returns the command that runs a class of a directory. */
  command(directory: string, name: string): readonly string[]
}

const succeeds = (file: string, ...args: string[]): boolean => spawnSync(file, args).status === 0

/** Returns the Python that has kazoo: Debian's, which Debian's packages are for, even if PATH has another one. */
export function findKazoo(): string | undefined {
  return ['/usr/bin/python3', 'python3'].find(python => succeeds(python, '-c', 'import kazoo'))
}

/** Returns Debian's Curator, where there is a compiler too. */
export function findCurator(): Curator | undefined {
  const installation = findInstallation(process.env)
  const jars = CURATOR.map(name => join(JARS, name))
  if (installation === undefined || !jars.every(jar => existsSync(jar))) return undefined
  const { java } = installation
  if (!succeeds(java, ...COMPILER, '-version')) return undefined
  const pathWith = (directory: string): string => [directory, ...jars, installation.classPath].join(delimiter)
  return {
    compile(directory, source) {
      const options = ['-nowarn', '-d', directory, '-cp', pathWith(directory)]
      const { status, stderr } = spawnSync(java, [...COMPILER, ...options, source])
      if (status !== 0) throw new Error(`the Java compiler failed:\n${stderr}`)
    },
    command: (directory, name) => [java, '-Xmx64m', '-cp', pathWith(directory), name],
  }
}
