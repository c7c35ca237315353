import { expect } from 'chai'
import type { Place } from '../../support/places.ts'
import { type Visit, visit } from '../../support/visitor.ts'

/** Declares what the page does while the tree changes. */
export function liveCases(place: () => Place): void {
  const open = (): Promise<Visit> => visit(place().browser, place().ensemble.hosts)

  it('shows what is created, changed and deleted as it happens, and marks it', async () => {
    const { zk } = place()
    await using visitor = await open()
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

  it('keeps the versions that it has seen of each znode, also those that it does not show at once', async () => {
    const { zk } = place()
    await zk.create('/kept', 'v0')
    await zk.create('/other', 'x')
    await using visitor = await open()
    const { page } = visitor
    const seen = (count: number) => page.getByRole('tab', { name: `History (${count})` }).waitFor()
    await visitor.watching()
    await visitor.go('#/tree/kept')
    await page.getByLabel('Data as text').filter({ hasText: 'v0' }).waitFor()
    await zk.setData('/kept', 'v1')
    await seen(2)
    // While another znode is open, this one is not followed: the page says what it has missed.
    await visitor.go('#/tree/other')
    await page.getByLabel('Data as text').filter({ hasText: 'x' }).waitFor()
    await seen(1)
    await zk.setData('/kept', 'v2')
    await zk.setData('/kept', 'v3')
    await visitor.go('#/tree/kept')
    await seen(3)
    await page.getByRole('tab', { name: /History/ }).click()
    const row = (version: string) =>
      page.getByRole('row').filter({ has: page.locator('td:first-child', { hasText: version }) })
    await row('3 (1 before it not seen)').waitFor()
    await page.locator('pre.diff', { hasText: '- v1' }).filter({ hasText: '+ v3' }).waitFor()
    await page.getByLabel('compare from version 0').check()
    await page.locator('pre.diff', { hasText: '- v0' }).waitFor()
    await page.getByText('versions that this page has seen since it was opened').waitFor()
    // What it does not follow is kept all the same.
    await page.getByLabel('follow').uncheck()
    await zk.setData('/kept', 'v4')
    await seen(4)
    await page.getByRole('tab', { name: 'Data' }).click()
    await page.getByLabel('Data as text').filter({ hasText: 'v3' }).waitFor()
    await zk.setData('/kept', 'v5')
    await seen(5)
    expect(await page.getByLabel('Data as text').textContent()).to.equal('v3')
    await page.getByRole('button', { name: 'Show the newest version' }).click()
    await page.getByLabel('Data as text').filter({ hasText: 'v5' }).waitFor()
    await page.getByRole('button', { name: 'Show the newest version' }).waitFor({ state: 'detached' })
    expect(visitor.faults).to.deep.equal([])
    await zk.delete('/kept')
    await zk.delete('/other')
  })

  it('opens at the znode that the address names, and completes paths from the tree', async () => {
    const { zk } = place()
    await zk.ensurePath('/deep/er/and deeper')
    await using visitor = await open()
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

  it('leads from the mark of an ephemeral znode to the session that owns it', async () => {
    const { zk } = place()
    await zk.create('/owned', 'x', { mode: 'ephemeral' })
    const owner = `0x${zk.session.id!.toString(16)}`
    await using visitor = await open()
    await visitor.watching()
    await visitor.row('/owned').getByRole('link', { name: 'eph' }).click()
    await visitor.page.getByRole('heading', { name: owner }).waitFor()
    await visitor.page.getByRole('link', { name: '/owned' }).click()
    await visitor.page
      .getByRole('heading', { name: /^owned/ })
      .getByRole('link', { name: 'ephemeral' })
      .click()
    await visitor.page.getByRole('heading', { name: owner }).waitFor()
    await zk.delete('/owned')
  })
}
