import { readFileSync } from 'node:fs'

/** Returns the version of an installed package, also if it does not export its package.json. */
export function versionOf(name: string): string {
  let at = new URL(import.meta.resolve(name))
  for (;;) {
    at = new URL('.', at)
    try {
      const manifest = JSON.parse(readFileSync(new URL('package.json', at), 'utf8')) as Record<string, string>
      if (manifest.name === name) return manifest.version!
    } catch {
      if (at.pathname === '/') throw new Error(`no package.json of ${name}`)
    }
    at = new URL('..', at)
  }
}
