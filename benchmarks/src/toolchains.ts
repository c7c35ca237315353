import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Command } from './child.ts'
import { DIST, HOME } from './paths.ts'

// Builds programs in other languages from src/clients/others into dist, on first use. Each throws an error that names the
// toolchain if it is missing.

const SOURCES = `${HOME}src/clients/others/`
const BUILT = `${DIST}others/`

interface Setting {
  env?: Readonly<Record<string, string>>
  cwd?: string
}

function build(file: string, args: readonly string[], { env, cwd = SOURCES }: Setting = {}): string {
  mkdirSync(BUILT, { recursive: true })
  try {
    return execFileSync(file, args, { stdio: 'pipe', cwd, encoding: 'utf8', env: { ...process.env, ...env } })
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: string }
    throw new Error(code === 'ENOENT' ? `needs ${file}` : `cannot be built: ${stderr}`)
  }
}

/** Runs `fetch` into an empty directory, unless it has run there for the same text. @returns the directory. */
function fetched(name: string, text: string, fetch: (directory: string) => void): string {
  const directory = `${BUILT}${name}`
  const mark = `${directory}/fetched`
  if (existsSync(mark) && readFileSync(mark, 'utf8') === text) return directory
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  fetch(directory)
  writeFileSync(mark, text)
  return directory
}

/** Compiles a program that uses ZooKeeper's client for Java 3.9 and Curator, both from Maven Central. */
export function java(program: string): Command {
  const pom = `${SOURCES}java/pom.xml`
  const jars = fetched('jars', readFileSync(pom, 'utf8'), directory => {
    const copy = ['dependency:copy-dependencies', `-DoutputDirectory=${directory}`, '-DincludeScope=runtime']
    build('mvn', ['-q', '-B', '-f', pom, ...copy])
  })
  const classes = `${BUILT}classes`
  const classPath = `${classes}:${jars}/*`
  build('javac', ['-cp', classPath, '-d', classes, '-sourcepath', 'java', `java/${program}.java`])
  return { file: 'java', args: ['-cp', classPath, program] }
}

/** Compiles the client in Go. The module proxy has what it imports. */
export function go(name: string, tags: string): Command {
  const out = `${BUILT}${name}`
  build('go', ['build', '-tags', tags, '-o', out, '.'], { cwd: `${SOURCES}go`, env: { GOFLAGS: '' } })
  return { file: out, args: [] }
}

/** Compiles the client in Rust. crates.io has what it uses. */
export function rust(...args: string[]): Command {
  const target = `${BUILT}rust`
  build('cargo', ['build', '--release', '--locked', '--target-dir', target], { cwd: `${SOURCES}rust` })
  return { file: `${target}/release/rust-client`, args }
}

export function c(): Command {
  if (!existsSync('/usr/include/zookeeper/zookeeper.h')) throw new Error("needs Debian's libzookeeper-mt-dev")
  const out = `${BUILT}c-client`
  build('gcc', ['-O2', '-DTHREADED', '-o', out, 'c-client.c', '-lzookeeper_mt', '-lpthread'])
  return { file: out, args: [] }
}

const KAZOO = 'kazoo==2.11.0'

/** Installs kazoo from PyPI, for a program in Python. @param program a file. */
export function kazoo(program: string): Command {
  const PYTHONPATH = fetched('kazoo', KAZOO, directory => {
    build('python3', ['-m', 'pip', 'install', '--quiet', '--target', directory, KAZOO])
  })
  return { file: 'python3', args: [program], env: { PYTHONPATH } }
}

/** Returns the path of a program in a language that is not compiled. */
export function sourceOf(file: string): string {
  return SOURCES + file
}
