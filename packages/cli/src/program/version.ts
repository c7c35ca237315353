import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Tells the versions of this program and of Node. */
export function versionLine(): string {
  return `zookit ${versionOf()} on Node ${process.version}`
}

/** Reads the version from the package's manifest, wherever this file has been bundled to. */
export function versionOf(): string {
  for (let at = import.meta.dirname; ; at = dirname(at)) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8'))
      if (name === '@zookit/cli') return version
    } catch {}
    if (at === dirname(at)) return 'unknown'
  }
}
