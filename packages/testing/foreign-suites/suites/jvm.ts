import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { junitResults, type TestResult } from '../result.ts'
import { command, type Workplace } from '../suite.ts'

const LOGGING = fileURLToPath(new URL('../../../../test-fixtures/apache/logback.xml', import.meta.url))
const JUNIT = 'org.junit.platform:junit-platform-console-standalone:1.9.3'
/** JUnit's jar goes before what a suite brings of JUnit. */
const CLASS_PATH = '.:classes:lib/junit-platform-console-standalone-1.9.3.jar:lib/*'

function dependency(coordinates: string): string {
  const [group, artifact, version, classifier] = coordinates.split(':')
  const extra = classifier === undefined ? '' : `<classifier>${classifier}</classifier>`
  return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>${extra}</dependency>`
}

/** Fetches jars and all that they need, each given as `group:artifact:version[:classifier]`, into `lib`. */
export async function fetchJars(
  jars: readonly string[],
  { directory, env, print }: Workplace,
): Promise<void> {
  const head =
    '<modelVersion>4.0.0</modelVersion><groupId>zookit</groupId><artifactId>suite</artifactId><version>1</version>'
  const all = [...jars, JUNIT].map(dependency).join('\n')
  await writeFile(
    join(directory, 'pom.xml'),
    `<project>${head}<packaging>pom</packaging><dependencies>${all}</dependencies></project>\n`,
  )
  const copy = ['dependency:copy-dependencies', '-DoutputDirectory=lib', '-DincludeScope=runtime']
  await command(['mvn', '-q', '-B', ...copy], { cwd: directory, env, print })
  await copyFile(LOGGING, join(directory, 'logback.xml'))
}

/** A run of test classes. */
export interface JvmRun {
  /** The stand-ins to compile: files below `stand-ins/jvm`, which go before the jars. */
  readonly sources: readonly string[]
  readonly flags: readonly string[]
  /** The test classes, those of a group in one process. */
  readonly groups: readonly (readonly string[])[]
}

/** Compiles the stand-ins and runs the test classes. */
export async function runJvm(
  run: JvmRun,
  { directory, env, print, standIns }: Workplace,
): Promise<TestResult[]> {
  const options = { cwd: directory, env, print }
  const sources = run.sources.map(source => join(standIns, 'jvm', source))
  await command(['javac', '-nowarn', '-d', 'classes', '-cp', 'lib/*', ...sources], options)
  const junit = [
    'org.junit.platform.console.ConsoleLauncher',
    '--disable-banner',
    '--details',
    'tree',
    '--disable-ansi-colors',
  ]
  const java = ['java', ...run.flags, '-cp', CLASS_PATH, ...junit, '--reports-dir', 'reports']
  const results: TestResult[] = []
  for (const group of run.groups) {
    const selected = group.map(name => `--select-class=${name}`)
    await command([...java, ...selected], { ...options, mayFail: true })
    results.push(...junitResults(await readFile(join(directory, 'reports/TEST-junit-jupiter.xml'), 'utf8')))
  }
  return results
}
