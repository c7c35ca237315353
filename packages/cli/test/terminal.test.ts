import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { zookit } from './support/program.ts'
import { hasTmux, Terminal } from './support/terminal.ts'

const PROMPT = /\[zk: 127\.0\.0\.1:\d+\(CONNECTED\) (\d+)\] *$/

/** Waits until the server has taken a request of this operation. */
async function requested(server: TestServer, operation: string): Promise<void> {
  while (!server.requests().some(request => request.operation === operation)) {
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

if (hasTmux) {
  describe('The shell in a real terminal', function () {
    this.timeout(60_000)
    let server: TestServer

    beforeEach(async () => {
      server = await TestServer.start({ seed: { app: { config: 'v1', jobs: { one: '', two: '' } } } })
    })
    afterEach(() => server.stop())

    it('completes commands, options and paths of the live tree', async () => {
      await using terminal = await Terminal.start(server.hosts)
      await terminal.shows(PROMPT)
      await terminal.type('getAll')
      await terminal.press('Tab')
      await terminal.shows('getAllChildrenNumber')
      await terminal.type(' /a')
      await terminal.press('Tab')
      await terminal.shows('getAllChildrenNumber /app/')
      await terminal.type('j')
      await terminal.press('Tab')
      await terminal.shows('/app/jobs/')
      await terminal.press('Tab')
      await terminal.shows(/\/app\/jobs\/one +\/app\/jobs\/two/)
      await terminal.press('C-u')
      await terminal.type('get --ba')
      await terminal.press('Tab')
      await terminal.shows('get --base64')
    })

    it('keeps a history for the next shell, and no credentials in it', async () => {
      await using terminal = await Terminal.start(server.hosts)
      await terminal.shows(PROMPT)
      await terminal.type('get /app/config\n')
      await terminal.shows('v1')
      await terminal.type('addauth digest alice:wonder\n')
      await terminal.shows(/ 2\] *$/)
      await terminal.press('Up')
      await terminal.shows(/\] get \/app\/config *$/)
      await terminal.press('C-u')
      await terminal.type('history\n')
      await terminal.shows(/0 - get \/app\/config\n2 - history/)
      await terminal.press('C-d')
      await terminal.shows('ended 0')
      const file = join(terminal.directory, 'zookit', 'history')
      expect(readFileSync(file, 'utf8')).to.equal('get /app/config\nhistory\n')
      expect(statSync(file).mode & 0o777).to.equal(0o600)
      await terminal.program(server.hosts)
      await terminal.shows(PROMPT)
      await terminal.press('Up')
      await terminal.press('Up')
      await terminal.shows(/ 0\] get \/app\/config *$/)
    })

    it('ends a command on Ctrl-C, and a line, and goes on itself', async () => {
      await using terminal = await Terminal.start(server.hosts)
      await terminal.shows(PROMPT)
      server.holdReplies()
      await terminal.type('ls /\n')
      await requested(server, 'getChildren2')
      await terminal.press('C-c')
      await terminal.shows(/\^C\n.* 1\] *$/)
      server.releaseReplies()
      await terminal.type('get /app/con')
      await terminal.press('C-c')
      await terminal.shows(/\/app\/con\^C\n.* 1\] *$/)
      await terminal.type('get /app/config\n')
      await terminal.shows(/\nv1\n/)
      await terminal.type('quit\n')
      await terminal.shows('ended 0')
    })

    it('shows a lost connection at once, and connects again', async () => {
      await using terminal = await Terminal.start(server.hosts)
      await terminal.shows(PROMPT)
      await terminal.type('get /app')
      await server.stop()
      await terminal.shows(/-- connection lost, connecting again\n.*\(SUSPENDED\) 0\] get \/app *$/)
      await server.restart()
      await terminal.shows(/-- connected\n.*\(CONNECTED\) 0\] get \/app *$/)
      await terminal.type('/config\n')
      await terminal.shows(/\nv1\n/)
    })

    it('prints events above the line that is being typed', async () => {
      await using terminal = await Terminal.start(server.hosts)
      await terminal.shows(PROMPT)
      await terminal.type('addWatch /app\n')
      await terminal.shows(/ 1\] *$/)
      await terminal.type('create /app/ne')
      await terminal.shows('/app/ne')
      await zookit(['--hosts', server.hosts, 'set', '/app/config', 'v2'])
      await terminal.shows(/WATCHER:: changed \/app\/config\n.* 1\] create \/app\/ne *$/)
    })

    it('follows the size of the window', async () => {
      await using terminal = await Terminal.start(server.hosts)
      await terminal.shows(PROMPT)
      const line = `create /app/long ${'x'.repeat(80)}end`
      await terminal.type(line)
      await terminal.shows('end')
      await terminal.resize(60, 20)
      await terminal.type('\n')
      await terminal.shows('Created /app/long')
      expect(server.dump()).to.have.property('/app/long')
    })

    it('breaks no row of status --watch, however narrow the window becomes', async () => {
      await using terminal = await Terminal.start(server.hosts, ['status', '--watch', '--interval', '100'])
      const row = (columns: string): RegExp =>
        new RegExp(`^server .*${columns}\n127\\S+ +standalone.* \\d+/s$`, 'm')
      await terminal.resize(130, 20)
      await terminal.shows(row('version.* up +requests'))
      await terminal.resize(100, 20)
      await terminal.shows(row('mode +avg/max ms.*cert +requests'))
      await terminal.resize(60, 20)
      await terminal.shows(row('mode +.*lag +requests'))
      await terminal.press('C-c')
      await terminal.shows('ended 130')
    })
  })
}
