import { connect, type ZooKeeper } from '@zookit/client'
import { Console, type ConsoleOptions, type Listening } from '@zookit/console'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { pageFolder } from './page-folder.ts'

/** A page that is open in a browser, on a console of its own. */
export interface Visit extends AsyncDisposable {
  readonly page: Page
  /** The console's client. */
  readonly zk: ZooKeeper
  readonly console: Console
  readonly listening: Listening
  /** Errors of scripts, and everything that the policy of the page has refused. */
  readonly faults: readonly string[]
  go(place: string): Promise<void>
  /** Returns the row of a znode. */
  row(path: string): ReturnType<Page['locator']>
  /** Resolves when the console watches the tree. */
  watching(): Promise<void>
}

/** Options of a visit: those of the console, and those of the browser. */
export interface VisitOptions extends ConsoleOptions {
  readonly context?: BrowserContextOptions
}

/** Opens a console on an ensemble, and its page. */
export async function visit(
  browser: Browser,
  hosts: string,
  { context, ...options }: VisitOptions = {},
): Promise<Visit> {
  const zk = await connect(hosts, { sessionTimeout: 10_000, maxResponseSize: 16 * 1024 * 1024 })
  const console = new Console(zk, { hosts, log: () => {}, pageFolder: await pageFolder(), ...options })
  const listening = await console.listen()
  const own = await browser.newContext(context)
  const page = await own.newPage()
  page.setDefaultTimeout(20_000)
  const faults: string[] = []
  page.on('pageerror', error => faults.push(error.message))
  page.on('console', message => {
    // A request that is refused on purpose is a line of the browser's own.
    if (message.type() === 'error' && !/Failed to load resource|net::ERR/.test(message.text()))
      faults.push(message.text())
  })
  await page.goto(listening.url)
  return {
    page,
    zk,
    console,
    listening,
    faults,
    async go(place) {
      await page.evaluate(`location.hash = ${JSON.stringify(place)}`)
    },
    row: path => page.locator(`[role=treeitem][data-path=${JSON.stringify(path)}]`),
    async watching() {
      await page.locator('.status .badge', { hasText: 'connected' }).waitFor()
      await page.locator('.status', { hasNotText: 'not watching' }).waitFor()
    },
    async [Symbol.asyncDispose]() {
      await own.close()
      await console.close()
      await zk.close()
    },
  }
}
