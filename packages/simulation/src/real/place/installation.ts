import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findInstallation, type Installation } from '@zookit/test-fixtures'

const LAYOUT = fileURLToPath(new URL('../../../../../test-fixtures/apache/layout', import.meta.url))

/** Matches the release that Debian's packages have. */
const DEBIAN = /^3\.8\./

/**
 * Finds a release of ZooKeeper, or fetches it from Maven Central.
 *
 * @param release such as `3.9.5`; by default the one of `ZOOKEEPER_HOME`, else 3.9.5 where it can be had, else Debian's.
 * @throws Error when the release that was asked for cannot be had
 */
export function installationOf(release: string | undefined): Installation {
  if (release === undefined && process.env.ZOOKEEPER_HOME) return required(findInstallation(process.env))
  if (release !== undefined && DEBIAN.test(release)) return debian(release)
  const home = join(tmpdir(), `zookit-apache-${release ?? 'newest'}-${userInfo().uid}`)
  try {
    if (!existsSync(join(home, 'lib')))
      execFileSync(LAYOUT, [home, ...(release === undefined ? [] : [release])], {
        stdio: ['ignore', 'ignore', 'pipe'],
      })
    return required(findInstallation({ ...process.env, ZOOKEEPER_HOME: home }))
  } catch (error) {
    if (release !== undefined) throw new Error(`ZooKeeper ${release} cannot be had: ${error}`)
    return debian(release)
  }
}

function debian(release: string | undefined): Installation {
  const found = required(findInstallation({ ...process.env, ZOOKEEPER_HOME: '' }))
  if (release !== undefined && found.version !== release)
    throw new Error(`Debian's packages have ZooKeeper ${found.version} here, not ${release}`)
  return found
}

function required(found: Installation | undefined): Installation {
  if (found === undefined)
    throw new Error("there is no ZooKeeper here: install Debian's packages, or set ZOOKEEPER_HOME")
  return found
}
