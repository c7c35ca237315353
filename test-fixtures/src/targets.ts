import { findDockerImage } from './docker-target.ts'
import type { RealEnsemble } from './ensemble.ts'
import { findInstallation } from './installation.ts'
import { javaLauncher } from './java-process.ts'
import type { EnsembleOptions, ServerOptions } from './options.ts'
import type { RealServer } from './real-server.ts'
import type { Launcher } from './server-process.ts'
import { startEnsembleWith, startServerWith } from './start.ts'

/** A kind of real ZooKeeper that this machine can run. */
export interface Target {
  readonly kind: 'docker' | 'java'
  /** The name in test titles and messages, such as `ZooKeeper 3.8.0 (Debian's packages)`. */
  readonly name: string
  /** Starts one server that stands alone. */
  startServer(options?: ServerOptions): Promise<RealServer>
  /** Starts an ensemble, three members unless told otherwise, and waits for its leader. */
  startEnsemble(options?: EnsembleOptions): Promise<RealEnsemble>
}

function target(kind: Target['kind'], name: string, launcher: Launcher): Target {
  return {
    kind,
    name,
    startServer: (options = {}) => startServerWith(launcher, options),
    startEnsemble: (options = {}) => startEnsembleWith(launcher, options),
  }
}

async function findDockerTarget(env: NodeJS.ProcessEnv): Promise<Target | undefined> {
  const image = await findDockerImage(env)
  return image && target('docker', `ZooKeeper in Docker (${image.name})`, image.launcher)
}

function findJavaTarget(env: NodeJS.ProcessEnv): Target | undefined {
  const installation = findInstallation(env)
  if (!installation) return undefined
  const { version, description } = installation
  return target('java', `ZooKeeper ${version} (${description})`, javaLauncher(installation))
}

const ABSENT =
  'ZOOKIT_REQUIRE=real, but this machine has no real ZooKeeper. Name a Docker image in ZOOKIT_ZOOKEEPER_IMAGE, set ' +
  "ZOOKEEPER_HOME to an installation (Java needed), or install Debian's packages `zookeeper` and `libzookeeper-java`."

/** Returns what `findTargets` would find in the given environment. */
export async function searchTargets(env: NodeJS.ProcessEnv): Promise<readonly Target[]> {
  const required = env.ZOOKIT_REQUIRE ?? ''
  if (required !== '' && required !== 'real') {
    throw new Error(`ZOOKIT_REQUIRE is '${required}'; the only value it takes is 'real'`)
  }
  const found = (await findDockerTarget(env)) ?? findJavaTarget(env)
  if (!found && required === 'real') throw new Error(ABSENT)
  return found ? [found] : []
}

let targets: Promise<readonly Target[]> | undefined

/**
 * Returns the real servers that this machine can run, the preferred one first; none where there is neither Docker nor Java. Looks
 * once per process.
 *
 * @throws Error when `ZOOKIT_REQUIRE=real` and there is none, or when an environment variable names what is not there
 */
export function findTargets(): Promise<readonly Target[]> {
  targets ??= searchTargets(process.env)
  return targets
}

/** Returns one line that says which real servers the tests use, for the head of a test run. */
export async function describeTargets(): Promise<string> {
  const found = await findTargets()
  if (found.length === 0) return 'real ZooKeeper: none found, tests use the in-memory server alone'
  return `real ZooKeeper: ${found.map(({ name }) => name).join(', ')}`
}

async function firstTarget(): Promise<Target> {
  const [first] = await findTargets()
  if (!first) throw new Error('this machine has no real ZooKeeper')
  return first
}

/** Starts a server of the preferred target. @throws Error when there is none */
export async function startServer(options: ServerOptions = {}): Promise<RealServer> {
  return (await firstTarget()).startServer(options)
}

/** Starts an ensemble of the preferred target. @throws Error when there is none */
export async function startEnsemble(options: EnsembleOptions = {}): Promise<RealEnsemble> {
  return (await firstTarget()).startEnsemble(options)
}
