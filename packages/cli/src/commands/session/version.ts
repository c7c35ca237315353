import { readFileSync } from 'node:fs'
import { type Command, command } from '../../program/definition.ts'

export const version: Command = command({
  name: 'version',
  group: 'session',
  summary: 'Print the version of this program.',
  examples: [['zookit version', 'zookit 0.1.0 on Node v20.19.0']],
  async run(context) {
    const zookit = versionOf()
    context.out.result({ zookit, node: process.version }, () => `zookit ${zookit} on Node ${process.version}`)
  },
})

/** Reads the version from the package's manifest, wherever this file has been bundled to. */
function versionOf(): string {
  for (let at = new URL('.', import.meta.url); ; at = new URL('..', at)) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL('package.json', at), 'utf8'))
      if (name === '@zookit/cli') return version
    } catch {}
    if (at.pathname === '/') return 'unknown'
  }
}
