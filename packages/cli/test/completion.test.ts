import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { build } from 'esbuild'
import { hasTmux, Terminal } from './support/terminal.ts'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))

/** The start of each shell without its user's files, and its line that takes the completion in. */
const SHELLS = {
  bash: { start: 'bash --norc --noprofile', load: 'source <(zookit completion bash)' },
  zsh: { start: 'zsh -f', load: 'autoload -U compinit && compinit -u -D; source <(zookit completion zsh)' },
  fish: { start: 'fish --no-config', load: 'zookit completion fish | source' },
} as const

function has(shell: string): boolean {
  return spawnSync(shell, ['--version']).status === 0
}

/** Bundles the program whole into a folder, where it starts several times as quickly as from its sources. */
async function bundleInto(directory: string): Promise<void> {
  await build({
    absWorkingDir: PACKAGE,
    entryPoints: ['src/main.ts'],
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    conditions: ['@zookit/source'],
    external: ['kerberos'],
    // Packages of CommonJS ask for modules of Node.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)",
    },
    logLevel: 'warning',
  })
  const program = `#!/bin/sh\nexec ${process.execPath} ${join(directory, 'main.mjs')} "$@"\n`
  writeFileSync(join(directory, 'zookit'), program, { mode: 0o755 })
}

/** Starts a shell whose PATH begins with the folder of the program. */
async function startShell(shell: keyof typeof SHELLS, hosts: string, programs: string): Promise<Terminal> {
  const terminal = await Terminal.of('true')
  // No history: a shell would write it while the terminal's directory is removed.
  const history = "HISTFILE=/dev/null fish_history=''"
  const variables = `PATH=${programs}:$PATH HOME=${terminal.directory} ZOOKIT_HOSTS=${hosts} PS1='ready> ' ${history}`
  await terminal.type(`${variables} ${SHELLS[shell].start}\n`)
  await terminal.type(`${SHELLS[shell].load}; echo load""ed\n`)
  await terminal.shows(/^loaded$/m)
  return terminal
}

describe('The completion', function () {
  this.timeout(60_000)
  let programs: string
  before(() => {
    programs = mkdtempSync(join(tmpdir(), 'zookit-programs-'))
    return bundleInto(programs)
  })
  after(() => rmSync(programs, { recursive: true }))
  for (const shell of Object.keys(SHELLS) as (keyof typeof SHELLS)[]) {
    if (!hasTmux || !has(shell)) {
      it(`is not tried here: ${hasTmux ? shell : 'tmux'} is not installed`)
      continue
    }

    it(`completes paths of the live tree, and quotes what a shell would run: ${shell}`, async () => {
      const hostile = 'x; touch pwned $(touch pwned)'
      await using server = await TestServer.start({
        seed: { app: { config: 'the data' }, [hostile]: 'safe' },
      })
      await using terminal = await startShell(shell, server.hosts, programs)
      await terminal.type('zookit get /app/c')
      await terminal.press('Tab')
      await terminal.shows('zookit get /app/config')
      await terminal.press('Enter')
      await terminal.shows(/^the data$/m)
      await terminal.type('zookit get /x')
      await terminal.press('Tab')
      await terminal.shows(/zookit get \S*x\S*;/)
      await terminal.press('Enter')
      await terminal.shows(/^safe$/m)
      expect(existsSync(join(terminal.directory, 'pwned'))).to.equal(false)
    })
  }
})
