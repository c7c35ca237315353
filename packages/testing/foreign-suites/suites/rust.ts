import { appendFile, cp, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { cargoResults } from '../result.ts'
import { type CommandOptions, command, type Suite } from '../suite.ts'

const CRATE = 'zookeeper-client'
const VERSION = '0.11.2'
/** The tests want Kerberos for `sasl-gssapi`, and another build of the TLS library for `fips`. */
const FEATURES = 'tls,sasl-digest-md5'

const PROJECT = `[package]
name = "fetch"
version = "0.0.0"
edition = "2021"

[dependencies]
${CRATE} = "=${VERSION}"
`

interface Metadata {
  readonly packages: readonly { readonly name: string; readonly manifest_path: string }[]
}

/** Fetches the crate as a dependency. @returns the directory of its sources. */
async function sources(options: CommandOptions): Promise<string> {
  const project = join(options.cwd, 'fetch')
  await mkdir(join(project, 'src'), { recursive: true })
  await writeFile(join(project, 'Cargo.toml'), PROJECT)
  await writeFile(join(project, 'src/lib.rs'), '')
  const words = ['cargo', 'metadata', '--format-version', '1']
  const { packages } = JSON.parse(await command(words, { ...options, cwd: project })) as Metadata
  return dirname(packages.find(({ name }) => name === CRATE)!.manifest_path)
}

/**
 * The tests of the Rust client are in its crate. They run servers in containers by a crate that only their repository
 * names, so ours takes its place.
 */
export const rust: Suite = {
  name: 'rust',
  title: `zookeeper-client ${VERSION} (Rust)`,
  release: '3.9.0',
  tools: ['cargo', 'cc'],
  expected: [
    { test: 'test_update_ensemble', reason: 'observers join an ensemble of one that does not know them yet' },
    {
      test: 'test_watcher_remove_no_watcher',
      reason: 'its event may come before the removal is sent, and then the client answers that itself',
      sometimes: true,
    },
  ],

  async fetch({ directory, env, print, standIns }) {
    const options = { cwd: directory, env, print }
    const crate = join(directory, 'crate')
    await cp(await sources(options), crate, { recursive: true })
    const path = JSON.stringify(join(standIns, 'testcontainers'))
    await appendFile(join(crate, 'Cargo.toml'), `\n[dev-dependencies.testcontainers]\npath = ${path}\n`)
    await command(['cargo', 'fetch'], { ...options, cwd: crate })
  },

  async run({ directory, env, print, standIns }) {
    const settings = {
      ...env,
      ZOOKIT_JAVA: join(standIns, 'java'),
      CARGO_TARGET_DIR: env.CARGO_TARGET_DIR ?? join(directory, 'target'),
      CARGO_PROFILE_DEV_LTO: 'false',
      CARGO_PROFILE_DEV_DEBUG: '0',
    }
    const options = { cwd: join(directory, 'crate'), env: settings, print }
    const test = ['cargo', 'test', '--features', FEATURES, '--no-fail-fast', '--lib', '--tests']
    await command([...test, '--no-run'], options)
    return cargoResults(await command([...test, '--', '--test-threads', '4'], { ...options, mayFail: true }))
  },
}
