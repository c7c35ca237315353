import { readFileSync } from 'node:fs'

/** Tells the versions of this program and of Node. */
export function versionLine(): string {
  return `zookit ${versionOf()} on Node ${process.version}`
}

/** Reads the version from the package's manifest, wherever this file has been bundled to. */
export function versionOf(): string {
  for (let at = new URL('.', import.meta.url); ; at = new URL('..', at)) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL('package.json', at), 'utf8'))
      if (name === '@zookit/cli') return version
    } catch {}
    if (at.pathname === '/') return 'unknown'
  }
}
