import { connect, type ZooKeeper } from '@zookit/client'
import { findTargets } from '@zookit/test-fixtures'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import type { Browser } from 'playwright-core'
import { findBrowser, launch } from '../support/browser.ts'
import { visit } from '../support/visitor.ts'

const program = findBrowser()

const kinds = [
  { name: 'the in-memory server', start: () => TestServer.start({ tickTime: 200 }) },
  ...(await findTargets()).map(target => ({ name: target.name, start: () => target.startServer() })),
]

if (program === undefined)
  console.log('Chromium: none found, the page of the console is not tried in a browser')

for (const kind of program === undefined ? [] : kinds) {
  describe(`The page of the console on ${kind.name}`, function () {
    this.timeout(60_000)
    let browser: Browser
    let server: AsyncDisposable & { hosts: string }
    let zk: ZooKeeper
    before(async () => {
      ;[browser, server] = await Promise.all([launch(program!), kind.start()])
      zk = await connect(server.hosts)
    })
    after(async () => {
      await zk.close()
      await browser.close()
      await server[Symbol.asyncDispose]()
    })

    it('shows what is created, changed and deleted as it happens, and marks it', async () => {
      await using visitor = await visit(browser, server.hosts)
      await visitor.watching()
      await zk.create('/live', 'v1')
      await visitor.row('/live').waitFor()
      await visitor.row('/live').click()
      const data = visitor.page.getByLabel('Data as text')
      await data.filter({ hasText: 'v1' }).waitFor()
      // The mark goes after a second or two: whoever looks for it later may be late.
      const isMarked = visitor.page.locator('.row.flash.changed[data-path="/live"]').waitFor()
      await Promise.all([isMarked, zk.setData('/live', 'v2')])
      await data.filter({ hasText: 'v2' }).waitFor()
      await visitor.page.getByRole('tab', { name: 'History (2)' }).click()
      await visitor.page.locator('pre.diff', { hasText: '- v1' }).filter({ hasText: '+ v2' }).waitFor()
      await zk.delete('/live')
      await visitor.row('/live').waitFor({ state: 'detached' })
      await visitor.page.getByRole('alert').filter({ hasText: 'NO_NODE' }).waitFor()
      expect(visitor.faults).to.deep.equal([])
    })

    it('opens at the znode that the address names, and completes paths from the tree', async () => {
      await zk.ensurePath('/deep/er/and deeper')
      await using visitor = await visit(browser, server.hosts)
      await visitor.go('#/tree/deep/er/and%20deeper')
      await visitor.page.getByRole('heading', { name: /and deeper/ }).waitFor()
      await visitor.row('/deep/er/and deeper').waitFor()
      const path = visitor.page.getByRole('combobox', { name: 'Path' })
      await path.fill('/de')
      await visitor.page.getByRole('option', { name: '/deep' }).waitFor()
      await path.press('Tab')
      await path.press('Enter')
      await visitor.page.getByRole('heading', { name: /^deep/ }).waitFor()
      expect(await visitor.page.evaluate('location.hash')).to.equal('#/tree/deep')
      expect(await visitor.page.evaluate('location.search')).to.equal('')
      await zk.removeTree('/deep')
    })

    it('shows both when somebody else was faster than an edit', async () => {
      await zk.create('/edited', 'original')
      await using visitor = await visit(browser, server.hosts, { write: true })
      await visitor.go('#/tree/edited')
      await visitor.page.getByRole('button', { name: 'Edit…' }).click()
      const dialog = visitor.page.getByRole('dialog')
      await dialog.getByRole('textbox').fill('mine')
      await zk.setData('/edited', 'theirs')
      await dialog.getByRole('button', { name: 'Write' }).click()
      await dialog.locator('.conflict', { hasText: 'theirs' }).filter({ hasText: 'mine' }).waitFor()
      expect(String((await zk.getData('/edited')).data)).to.equal('theirs')
      await dialog.getByRole('button', { name: 'Write over the other' }).click()
      await dialog.waitFor({ state: 'detached' })
      expect(String((await zk.getData('/edited')).data)).to.equal('mine')
      await zk.delete('/edited')
    })

    it('creates and deletes, the latter only after the name was typed where there is more below', async () => {
      await zk.create('/parent')
      await using visitor = await visit(browser, server.hosts, { write: true })
      await visitor.go('#/tree/parent')
      await visitor.page.getByRole('button', { name: 'Create child…' }).click()
      await visitor.page.getByLabel('Name', { exact: true }).fill('child')
      await visitor.page.getByRole('button', { name: 'Create', exact: true }).click()
      await visitor.page.getByRole('heading', { name: /child/ }).first().waitFor()
      await visitor.page.getByRole('dialog').waitFor({ state: 'detached' })
      await visitor.go('#/tree/parent')
      await visitor.page.getByRole('heading', { name: /^parent/ }).waitFor()
      await visitor.page.getByRole('button', { name: 'Delete…' }).click()
      const action = visitor.page.getByRole('dialog').getByRole('button', { name: 'Delete' })
      expect(await action.isDisabled()).to.equal(true)
      await visitor.page.getByLabel(/Type/).fill('parent')
      await action.click()
      await visitor.row('/parent').waitFor({ state: 'detached' })
      expect(await zk.exists('/parent')).to.equal(null)
    })

    it('shows names and data of an attacker as text, and runs none of it', async () => {
      const evil = '<img src=x onerror="window.hacked=1">'
      const turned = 'abc\u202Egnp.exe'
      await zk.create(`/${evil}`, '<script>window.hacked=1</script>')
      await zk.create(`/${turned}`, 'x\u202Ey')
      await zk.create('/large', 'z'.repeat(1_000_000))
      await zk.create('/binary', Buffer.from([0xff, 0xfe, 0x00, 0x80]))
      await zk.create('/svg', '<svg xmlns="http://www.w3.org/2000/svg" onload="window.hacked=1"/>')
      await using visitor = await visit(browser, server.hosts)
      await visitor.page.locator('.row', { hasText: evil }).click()
      await visitor.page.getByLabel('Data as text').filter({ hasText: '<script>' }).waitFor()
      await visitor.page.locator('.row', { hasText: 'abc\\u{202e}gnp.exe' }).click()
      await visitor.page.getByLabel('Data as text').filter({ hasText: 'x\\u{202e}y' }).waitFor()
      await visitor.go('#/tree/large')
      await visitor.page.getByText('The first 200,000 of 1,000,000 characters.').waitFor()
      await visitor.go('#/tree/binary')
      await visitor.page.getByText('not UTF-8').waitFor()
      await visitor.page.getByLabel('Data in hexadecimal').filter({ hasText: 'ff fe 00 80' }).waitFor()
      await visitor.go('#/tree/svg')
      await visitor.page.getByLabel('Data as text').filter({ hasText: 'onload' }).waitFor()
      await visitor.go('#/recipes')
      await visitor.page.getByRole('heading', { name: 'Recipes' }).waitFor()
      expect(await visitor.page.evaluate('"hacked" in window')).to.equal(false)
      expect(visitor.faults).to.deep.equal([])
      for (const path of [`/${evil}`, `/${turned}`, '/large', '/binary', '/svg']) await zk.delete(path)
    })

    it('scrolls through 100,000 children with some dozens of rows in the document', async () => {
      await zk.create('/many')
      const names = Array.from({ length: 100_000 }, (_, i) => `/many/n-${String(i).padStart(6, '0')}`)
      const create = (from: number) =>
        zk.multi(names.slice(from, from + 1000).map(path => ({ type: 'create' as const, path })))
      await Promise.all(Array.from({ length: 100 }, (_, i) => create(i * 1000)))
      await using visitor = await visit(browser, server.hosts)
      await visitor.go('#/tree/many/n-099999')
      await visitor.row('/many/n-099999').waitFor({ timeout: 40_000 })
      const tree = visitor.page.getByRole('tree')
      for (const share of [0, 0.25, 0.5]) {
        const wanted = await tree.evaluate((element, part) => {
          element.scrollTop = element.scrollHeight * part
          return element.scrollTop
        }, share)
        const index = Math.round(wanted / 26)
        await visitor.page.locator(`[role=treeitem][aria-posinset="${index + 5}"]`).waitFor()
        expect(await visitor.page.locator('[role=treeitem]').count()).to.be.below(100)
      }
      await visitor.page.getByRole('searchbox').fill('n-07777')
      await visitor.row('/many/n-077770').waitFor()
      await zk.create('/many/n-077777x')
      await visitor.row('/many/n-077777x').waitFor()
    })
  })
}
