import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { hasTmux, Terminal } from './support/terminal.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** How each shell is started without its user's files, and how it takes the program in. */
const SHELLS = {
  bash: { start: 'bash --norc --noprofile', load: 'source <(zookit completion bash)' },
  zsh: { start: 'zsh -f', load: 'autoload -U compinit && compinit -u -D; source <(zookit completion zsh)' },
  fish: { start: 'fish --no-config', load: 'zookit completion fish | source' },
} as const

function has(shell: string): boolean {
  return spawnSync(shell, ['--version']).status === 0
}

/** Starts a shell whose PATH begins with a `zookit` that runs the sources. */
async function startShell(shell: keyof typeof SHELLS, hosts: string): Promise<Terminal> {
  const terminal = await Terminal.of('true')
  const { directory } = terminal
  const node = `exec ${process.execPath} --import=tsx --conditions=@zookit/source ${MAIN} "$@"`
  // tsx is found from here.
  const home = fileURLToPath(new URL('../../..', import.meta.url))
  const tsx = `cd ${home} && ${node}`
  writeFileSync(join(directory, 'zookit'), `#!/bin/sh\n${tsx}\n`, { mode: 0o755 })
  const variables = `PATH=${directory}:$PATH HOME=${directory} ZOOKIT_HOSTS=${hosts} PS1='ready> '`
  await terminal.type(`${variables} ${SHELLS[shell].start}\n`)
  await terminal.type(`${SHELLS[shell].load}; echo load""ed\n`)
  await terminal.shows(/^loaded$/m)
  return terminal
}

describe('The completion', function () {
  this.timeout(60_000)
  for (const shell of Object.keys(SHELLS) as (keyof typeof SHELLS)[]) {
    if (!hasTmux || !has(shell)) {
      it(`is not tried here: ${hasTmux ? shell : 'tmux'} is not installed`)
      continue
    }

    it(`completes commands and paths of the live tree, and quotes what a shell would run: ${shell}`, async () => {
      const hostile = 'x; touch pwned $(touch pwned)'
      await using server = await TestServer.start({
        seed: { app: { config: 'the data' }, [hostile]: 'safe' },
      })
      await using terminal = await startShell(shell, server.hosts)
      await terminal.type('zookit getAl')
      await terminal.press('Tab')
      await terminal.shows('zookit getAllChildrenNumber ')
      await terminal.press('C-u')
      await terminal.type('zookit get /a')
      await terminal.press('Tab')
      await terminal.shows('zookit get /app/')
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
