import { connect } from '@zookit/client'
import { findTargets } from '@zookit/test-fixtures'
import { TestEnsemble } from '@zookit/testing'
import type { Browser } from 'playwright-core'
import { findBrowser, launch } from '../support/browser.ts'
import { visit } from '../support/visitor.ts'

const program = findBrowser()

/** An ensemble whose leader can be stopped. */
interface Ensemble extends AsyncDisposable {
  readonly hosts: string
  /** Stops the leader. @returns its address. */
  killLeader(): Promise<string>
}

const kinds: readonly { name: string; start(): Promise<Ensemble> }[] = [
  {
    name: 'in memory',
    async start() {
      const ensemble = await TestEnsemble.start({ size: 3 })
      return {
        hosts: ensemble.hosts,
        async killLeader() {
          const leader = ensemble.leader!
          await leader.stop()
          return `${leader.host}:${leader.port}`
        },
        [Symbol.asyncDispose]: () => ensemble.stop(),
      }
    },
  },
  ...(await findTargets()).map(target => ({
    name: target.name,
    async start() {
      const ensemble = await target.startEnsemble({ properties: { 'zookeeper.4lw.commands.whitelist': '*' } })
      return {
        hosts: ensemble.hosts,
        async killLeader() {
          const leader = await ensemble.leader()
          await leader.kill()
          return `127.0.0.1:${leader.port}`
        },
        [Symbol.asyncDispose]: () => ensemble[Symbol.asyncDispose](),
      }
    },
  })),
]

for (const kind of program === undefined ? [] : kinds) {
  describe(`The page of the console on an ensemble of three: ${kind.name}`, function () {
    this.timeout(90_000)
    let browser: Browser
    let ensemble: Ensemble
    before(async () => {
      ;[browser, ensemble] = await Promise.all([launch(program!), kind.start()])
    })
    after(async () => {
      await browser.close()
      await ensemble[Symbol.asyncDispose]()
    })

    it('shows that the leader was killed, and what changes after it', async () => {
      await using zk = await connect(ensemble.hosts, { sessionTimeout: 20_000, retryReads: 5 })
      await using visitor = await visit(browser, ensemble.hosts)
      await visitor.watching()
      await visitor.go('#/ensemble')
      await visitor.page.getByText('3 of 3 voters serve').waitFor()
      const killed = await ensemble.killLeader()
      await visitor.page.getByText('2 of 3 voters serve').waitFor({ timeout: 40_000 })
      await visitor.page.getByRole('row', { name: new RegExp(`^${killed} unreachable`) }).waitFor()
      await visitor.go('#/tree/')
      await zk.ready()
      await zk.create('/after-the-leader', 'x').catch(async () => {
        await zk.ready()
        await zk.ensurePath('/after-the-leader')
      })
      await visitor.row('/after-the-leader').waitFor({ timeout: 30_000 })
    })
  })
}
