import { existsSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { Launcher } from './server-process.ts'

const DEFAULT_IMAGE = 'zookeeper:3.9'

export interface DockerImage {
  name: string
  launcher: Launcher
}

/** Looks at the places where testcontainers would find a runtime, so that it is not loaded without one. */
function hasRuntime(env: NodeJS.ProcessEnv): boolean {
  if (env.DOCKER_HOST || process.platform === 'win32') return true
  const home = homedir()
  return [
    '/var/run/docker.sock',
    join(env.XDG_RUNTIME_DIR ?? `/run/user/${userInfo().uid}`, 'docker.sock'),
    join(home, '.docker/run/docker.sock'),
    join(home, '.docker/desktop/docker.sock'),
    join(home, '.testcontainers.properties'),
  ].some(path => existsSync(path))
}

/**
 * Loads testcontainers. Its helper container Ryuk is off unless asked for: it would have to be pulled, and
 * `removeAtExit` does its work.
 */
async function load(): Promise<typeof import('./docker.ts')> {
  process.env.TESTCONTAINERS_RYUK_DISABLED ??= 'true'
  return import('./docker.ts')
}

/**
 * Finds the image to run: the one that `ZOOKIT_ZOOKEEPER_IMAGE` names, which may have to be pulled; else the
 * official one if it is there. An empty `ZOOKIT_ZOOKEEPER_IMAGE` is no Docker.
 *
 * @throws Error when an image is named but no container runtime answers
 */
export async function findDockerImage(env: NodeJS.ProcessEnv): Promise<DockerImage | undefined> {
  const named = env.ZOOKIT_ZOOKEEPER_IMAGE
  if (named === '' || (named === undefined && !hasRuntime(env))) return undefined
  const name = named ?? DEFAULT_IMAGE
  const { dockerLauncher, hasImage } = await load()
  try {
    const isThere = await hasImage(name)
    if (!isThere && named === undefined) return undefined
  } catch (cause) {
    if (named === undefined) return undefined
    throw new Error(`ZOOKIT_ZOOKEEPER_IMAGE names ${named}, but no container runtime answers`, { cause })
  }
  return { name, launcher: dockerLauncher(name) }
}
