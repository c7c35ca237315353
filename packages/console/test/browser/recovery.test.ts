import { connect, type ZooKeeper } from '@zookit/client'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import type { Browser } from 'playwright-core'
import { findBrowser, launch } from '../support/browser.ts'
import { failNext, holdNext, startProxy } from '../support/faults.ts'
import { visit } from '../support/visitor.ts'

const program = findBrowser()

const FRAME = {
  at: 1_800_000_000_000,
  peer: '127.0.0.1:40000',
  session: '0x1',
  side: 'client',
  kind: 'request',
  operation: 'getData',
  xid: 7,
  length: 80,
  paths: ['/framed'],
  error: null,
  took: null,
  fault: null,
  fields: 'all fields',
} as const

for (const each of program === undefined ? [] : [program]) {
  describe('The page of the console becomes right again', function () {
    this.timeout(60_000)
    let browser: Browser
    let server: TestServer
    let zk: ZooKeeper
    before(async () => {
      ;[browser, server] = await Promise.all([
        launch(each),
        TestServer.start({ seed: { folder: { a: 'x', b: 'y' }, other: 'v1' } }),
      ])
      zk = await connect(server.hosts)
    })
    after(async () => {
      await zk.close()
      await browser.close()
      await server.stop()
    })

    for (const failure of ['refused', 'no answer'] as const) {
      it(`when the children of a znode were ${failure === 'refused' ? 'refused' : 'not answered'}`, async () => {
        await using visitor = await visit(browser, server.hosts)
        await visitor.watching()
        const { met } = await failNext(visitor.page, 'children', failure)
        await visitor.row('/folder').dblclick()
        await met
        await visitor.row('/folder/a').waitFor()
        await visitor.page.locator('.tree-pane [role=alert]').waitFor({ state: 'detached' })
      })

      it(`when the data of a znode was ${failure === 'refused' ? 'refused' : 'not answered'}`, async () => {
        await using visitor = await visit(browser, server.hosts)
        await visitor.watching()
        const { met } = await failNext(visitor.page, 'znode', failure)
        await visitor.go('#/tree/other')
        await met
        await visitor.page.getByLabel('Data as text').filter({ hasText: 'v1' }).waitFor()
        await visitor.page.locator('.detail [role=alert]').waitFor({ state: 'detached' })
      })
    }

    for (const failure of ['refused', 'no answer', 'no page'] as const) {
      it(`when the console did not hear that the tree is shown: ${failure}`, async () => {
        await using visitor = await visit(browser, server.hosts)
        await visitor.watching()
        await visitor.go('#/recipes')
        await visitor.page.getByRole('heading', { name: 'Recipes' }).waitFor()
        const { met } = await failNext(visitor.page, 'interest', failure)
        const path = `/unheard-${failure.replace(' ', '-')}`
        await visitor.go('#/tree/')
        await met
        await zk.create(path)
        await visitor.row(path).waitFor()
        await zk.delete(path)
        await visitor.row(path).waitFor({ state: 'detached' })
      })
    }

    it('when what it shows reaches the console in another order', async () => {
      await using visitor = await visit(browser, server.hosts)
      await visitor.watching()
      let overtaken = (): void => {}
      const isOvertaken = new Promise<void>(resolve => (overtaken = resolve))
      let isFirst = true
      await visitor.page.route(
        url => url.pathname === '/api/interest',
        async route => {
          if (!isFirst) return route.continue()
          isFirst = false
          // The word of the place before comes after that of the place that is shown, if the page has sent both.
          await visitor.go('#/tree/')
          await new Promise(resolve => setTimeout(resolve, 300))
          await route.fulfill({ response: await route.fetch() })
          overtaken()
        },
      )
      await visitor.go('#/recipes')
      await isOvertaken
      await zk.create('/in-order')
      await visitor.row('/in-order').waitFor()
      await zk.create('/in-order-too')
      await visitor.row('/in-order-too').waitFor()
      await zk.delete('/in-order')
      await zk.delete('/in-order-too')
    })

    it('when an answer is older than a change that it was told of meanwhile', async () => {
      await using visitor = await visit(browser, server.hosts)
      await visitor.watching()
      await visitor.go('#/recipes')
      await visitor.page.getByRole('heading', { name: 'Recipes' }).waitFor()
      const { answered, release } = await holdNext(visitor.page, 'children')
      await visitor.go('#/tree/')
      await answered
      await zk.create('/meanwhile')
      await visitor.row('/meanwhile').waitFor()
      const arrived = visitor.page.waitForResponse(/api\/children/)
      release()
      await arrived
      await zk.create('/meanwhile-after')
      await visitor.row('/meanwhile-after').waitFor()
      expect(await visitor.row('/meanwhile').count()).to.equal(1)
      await zk.delete('/meanwhile')
      await zk.delete('/meanwhile-after')
    })

    it('when the marks of rows were refused', async () => {
      await using visitor = await visit(browser, server.hosts)
      await visitor.watching()
      const { met } = await failNext(visitor.page, 'rows', 'refused', 4)
      await zk.create('/marked')
      await zk.create('/marked/child')
      await met
      await visitor.row('/marked').locator('.children', { hasText: '1' }).waitFor()
      await zk.removeTree('/marked')
    })

    it('when the marks of rows are older than a change that it was told of meanwhile', async () => {
      await using visitor = await visit(browser, server.hosts)
      await visitor.watching()
      await visitor.row('/folder').dblclick()
      await visitor.row('/folder/b').waitFor()
      const { answered, release } = await holdNext(visitor.page, 'rows')
      await zk.create('/folder/c')
      await answered
      await zk.create('/folder/d')
      await visitor.row('/folder/d').waitFor()
      release()
      await visitor.row('/folder').locator('.children', { hasText: '4' }).waitFor()
      await zk.delete('/folder/c')
      await zk.delete('/folder/d')
    })

    it('when the frames of the past were refused, or it was opened at them', async () => {
      await using visitor = await visit(browser, server.hosts, { traffic: true })
      visitor.console.recordFrame(FRAME)
      await visitor.watching()
      const { met } = await failNext(visitor.page, 'traffic', 'refused')
      await visitor.go('#/traffic')
      await met
      await visitor.page.getByRole('cell', { name: '/framed' }).waitFor()
      await visitor.page.reload()
      await visitor.page.getByRole('cell', { name: '/framed' }).waitFor()
      expect(visitor.faults).to.deep.equal([])
    })

    it('when its stream falls silent without an end', async () => {
      await using visitor = await visit(browser, server.hosts)
      await using proxy = await startProxy(visitor.listening.port)
      await visitor.page.clock.install()
      await visitor.page.goto(visitor.listening.url.replace(`:${visitor.listening.port}`, `:${proxy.port}`))
      await visitor.watching()
      proxy.fallSilent()
      await zk.create('/in-silence')
      // The browser asks again on the connections that it has, which are silent too, until it makes a new one.
      while ((await visitor.row('/in-silence').count()) === 0) {
        await visitor.page.clock.fastForward(60_000)
        await visitor.page.waitForResponse(/api/, { timeout: 200 }).catch(() => {})
      }
      await zk.delete('/in-silence')
    })

    it('when the address names what is no path: the rest is followed all the same', async () => {
      await using visitor = await visit(browser, server.hosts)
      await visitor.watching()
      await visitor.go('#/tree/a//b')
      await visitor.page.locator('.detail [role=alert]').waitFor()
      await zk.create('/beside')
      await visitor.row('/beside').waitFor()
      await visitor.page.locator('.tree-pane [role=alert]').waitFor({ state: 'detached' })
      await zk.delete('/beside')
    })

    it('when children come and go below a znode that is closed: their number follows', async () => {
      await using visitor = await visit(browser, server.hosts)
      await visitor.watching()
      const number = visitor.row('/folder').locator('.children')
      await number.filter({ hasText: /^2$/ }).waitFor()
      await zk.create('/folder/third')
      await number.filter({ hasText: /^3$/ }).waitFor()
      await zk.delete('/folder/third')
      await number.filter({ hasText: /^2$/ }).waitFor()
    })

    it('when it has changed the ACL or the quota itself, of which no watch tells', async () => {
      await zk.create('/ruled')
      await using visitor = await visit(browser, server.hosts, { write: true })
      await visitor.go('#/tree/ruled')
      await visitor.page.getByRole('tab', { name: /Stat/ }).click()
      const { page } = visitor
      await page.getByRole('button', { name: 'ACL…' }).click()
      await page.getByRole('dialog').getByRole('textbox').fill('world:anyone:cdrwa\nip:127.0.0.1:r')
      await page.getByRole('button', { name: 'Change' }).click()
      await page.getByText('Clients at the address 127.0.0.1 may read.').waitFor()
      await page.getByRole('button', { name: 'Quota…' }).click()
      await page.getByLabel('Znodes, soft').fill('10')
      await page.getByRole('button', { name: 'Set' }).click()
      await page.getByText('1 of 10').waitFor()
      await zk.delete('/ruled')
    })

    it('when the chroot of the console comes into being', async () => {
      await using visitor = await visit(browser, `${server.hosts}/later`)
      await visitor.page.locator('.detail [role=alert]', { hasText: 'NO_NODE' }).waitFor()
      await zk.create('/later')
      await zk.create('/later/x')
      await visitor.row('/x').waitFor()
      await visitor.page.locator('.detail [role=alert]').waitFor({ state: 'detached' })
      await zk.removeTree('/later')
    })

    it('when the version that an edit was in conflict with could not be read: it says so, and shows it the next time', async () => {
      await zk.create('/edited', 'original')
      await using visitor = await visit(browser, server.hosts, { write: true })
      await visitor.go('#/tree/edited')
      await visitor.page.getByRole('button', { name: 'Edit…' }).click()
      const dialog = visitor.page.getByRole('dialog')
      await dialog.getByRole('textbox').fill('mine')
      await zk.setData('/edited', 'theirs')
      await visitor.page.getByText('version 1').first().waitFor()
      await failNext(visitor.page, 'znode', 'refused')
      await dialog.getByRole('button', { name: 'Write' }).click()
      await dialog.getByRole('alert').filter({ hasText: 'the ensemble is slow' }).waitFor()
      await dialog.getByRole('button', { name: 'Write' }).click()
      await dialog.locator('.conflict', { hasText: 'theirs' }).filter({ hasText: 'mine' }).waitFor()
      await zk.delete('/edited')
    })
  })
}
