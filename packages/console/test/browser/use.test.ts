import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import type { Browser } from 'playwright-core'
import { findBrowser, launch } from '../support/browser.ts'
import { visit } from '../support/visitor.ts'

const program = findBrowser()

const VIEWS = ['#/tree/config/app.json', '#/recipes', '#/ensemble', '#/sessions', '#/traffic', '#/log']

for (const each of program === undefined ? [] : [program]) {
  describe('The page of the console', function () {
    this.timeout(60_000)
    let browser: Browser
    let server: TestServer
    before(async () => {
      ;[browser, server] = await Promise.all([
        launch(each),
        TestServer.start({ seed: { config: { 'app.json': '{"a": [1, "x", null]}', other: 'y' }, z: 'z' } }),
      ])
    })
    after(async () => {
      await browser.close()
      await server.stop()
    })

    it('can be used by the keyboard alone', async () => {
      await using visitor = await visit(browser, server.hosts)
      await visitor.row('/config').waitFor()
      const { keyboard } = visitor.page
      await visitor.page.getByRole('tree').focus()
      await keyboard.press('ArrowDown')
      await keyboard.press('ArrowRight')
      await visitor.row('/config/app.json').waitFor()
      await keyboard.press('ArrowDown')
      await keyboard.press('Enter')
      await visitor.page.getByRole('heading', { name: /app\.json/ }).waitFor()
      await visitor.page.getByRole('tree').focus()
      await keyboard.press('End')
      await keyboard.press('Enter')
      await visitor.page.getByRole('heading', { name: /zookeeper/ }).waitFor()
      await keyboard.press('Home')
      await keyboard.press('ArrowDown')
      await keyboard.press('ArrowLeft')
      await visitor.row('/config/app.json').waitFor({ state: 'detached' })
      await visitor.page.getByRole('tab', { name: 'Data' }).focus()
      await keyboard.press('ArrowRight')
      await visitor.page.getByRole('heading', { name: /^Stat/ }).waitFor()
    })

    for (const [title, width, height] of [
      ['1280 pixels', 1280, 800],
      ['390 pixels', 390, 780],
      // Zoom to 200 % leaves half of the pixels of the style sheet.
      ['1280 pixels at a zoom of 200 %', 640, 400],
    ] as const) {
      it(`fits into ${title}: nothing is cut off, and the page does not scroll sideways`, async () => {
        const context = { viewport: { width, height } }
        await using visitor = await visit(browser, server.hosts, { write: true, traffic: true, context })
        for (const view of VIEWS) {
          await visitor.go(view)
          await visitor.page.getByRole('heading', { level: 2 }).first().waitFor()
          const wide = await visitor.page.evaluate('document.documentElement.scrollWidth')
          expect(wide, view).to.be.at.most(width)
        }
        if (width <= 720) {
          await visitor.go(VIEWS[0]!)
          await visitor.page.getByRole('button', { name: 'Show the tree' }).click()
        }
        await visitor.go(VIEWS[0]!)
        await visitor.row('/config/app.json').waitFor()
      })
    }

    it('draws the servers over time, and says in words what a chart shows', async () => {
      await using visitor = await visit(browser, server.hosts)
      await visitor.go('#/ensemble')
      await visitor.page.getByText('healthy').first().waitFor()
      await visitor.page.locator('figure canvas').first().waitFor()
      await visitor.page.locator('figure .legend').first().filter({ hasText: server.hosts }).waitFor()
      expect(visitor.faults).to.deep.equal([])
    })

    it('shows frames, filters them, and counts their replies by time', async () => {
      await using visitor = await visit(browser, server.hosts, { traffic: true })
      await visitor.go('#/traffic')
      await visitor.page.getByRole('heading', { name: 'Traffic' }).waitFor()
      visitor.console.recordFrame(FRAME)
      visitor.console.recordFrame({
        ...FRAME,
        operation: 'create',
        kind: 'request',
        side: 'client',
        paths: ['/new'],
        took: null,
        xid: 8,
      })
      await visitor.page.getByRole('cell', { name: '/new' }).waitFor()
      await visitor.page.getByLabel('Operation').fill('getdata')
      await visitor.page.getByRole('cell', { name: '/new' }).waitFor({ state: 'detached' })
      await visitor.page.getByRole('button', { name: 'Fields of getData' }).click()
      await visitor.page.getByLabel('Fields of the frame').filter({ hasText: 'all fields' }).waitFor()
      await visitor.page.getByRole('rowheader', { name: 'getData' }).waitFor()
    })

    it('says that the console does not answer, and goes on when it does again', async () => {
      await using visitor = await visit(browser, server.hosts)
      await visitor.watching()
      const { port } = visitor.listening
      await visitor.listening.close()
      await visitor.page.locator('.status', { hasText: 'the console does not answer' }).waitFor()
      await visitor.console.listen({ port })
      await visitor.watching()
      await visitor.zk.create('/after', 'x')
      await visitor.row('/after').waitFor()
      await visitor.zk.delete('/after')
    })

    it('shows who holds a lock and who waits for it, and keeps up', async () => {
      await using visitor = await visit(browser, server.hosts)
      await visitor.zk.create('/lock')
      const first = await visitor.zk.create('/lock/x-lock-', 'first', { mode: 'ephemeral-sequential' })
      await visitor.zk.create('/lock/y-lock-', 'second', { mode: 'ephemeral-sequential' })
      await visitor.go('#/tree/lock')
      const row = visitor.page.getByRole('row', { name: /holder/ })
      await row.filter({ hasText: 'first' }).waitFor()
      await visitor.zk.delete(first)
      await row.filter({ hasText: 'second' }).waitFor()
      await visitor.zk.removeTree('/lock')
    })

    it('lets ages grow while nothing changes', async () => {
      await using visitor = await visit(browser, server.hosts)
      await visitor.zk.create('/quiet-lock')
      await visitor.zk.create('/quiet-lock/x-lock-', '', { mode: 'ephemeral-sequential' })
      await visitor.go('#/tree/quiet-lock')
      const age = visitor.page.getByRole('row', { name: /holder/ }).getByRole('cell', { name: /^\d+ s$/ })
      await age.filter({ hasNotText: '0 s' }).waitFor()
      await visitor.page.getByRole('tab', { name: /Stat/ }).click()
      const created = visitor.page.getByText(/\(\d+ s ago/).first()
      const first = (await created.textContent())!
      await created.filter({ hasNotText: first }).waitFor()
      await visitor.zk.removeTree('/quiet-lock')
    })

    it('opens a recipe at those who take part, and says beside the data of a configuration what is wrong', async () => {
      await using visitor = await visit(browser, server.hosts)
      await visitor.zk.create('/rally', 'data of its own')
      await visitor.zk.create('/rally/x-lock-', 'me', { mode: 'ephemeral-sequential' })
      await visitor.zk.create('/broken.json', '{"a": }')
      await visitor.go('#/tree/rally')
      await visitor.page.getByRole('row', { name: /holder/ }).waitFor()
      await visitor.go('#/tree/broken.json')
      await visitor.page.getByRole('tab', { name: 'Recipe: config, 1 fault' }).waitFor()
      await visitor.page.getByLabel('Data as text').filter({ hasText: '{"a": }' }).waitFor()
      await visitor.zk.removeTree('/rally')
      await visitor.zk.delete('/broken.json')
    })
  })
}

const FRAME = {
  at: 1_800_000_000_000,
  peer: '127.0.0.1:40000',
  session: '0x1',
  side: 'server',
  kind: 'reply',
  operation: 'getData',
  xid: 7,
  length: 80,
  paths: [],
  error: 'NO_NODE',
  took: 1.5,
  fault: null,
  fields: 'all fields',
} as const
