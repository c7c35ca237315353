import { expect } from 'chai'
import type { Place } from '../../support/places.ts'
import { type Visit, visit } from '../../support/visitor.ts'

/** Declares what the page does with names, data and numbers of znodes that somebody hostile has made. */
export function hostileCases(place: () => Place): void {
  const open = (): Promise<Visit> => visit(place().browser, place().ensemble.hosts)

  it('shows names and data of an attacker as text, and runs none of it', async () => {
    const { zk } = place()
    const evil = '<img src=x onerror="window.hacked=1">'
    const turned = 'abc\u202Egnp.exe'
    await zk.create(`/${evil}`, '<script>window.hacked=1</script>')
    await zk.create(`/${turned}`, 'x\u202Ey')
    await zk.create('/large', 'z'.repeat(1_000_000))
    await zk.create('/binary', Buffer.from([0xff, 0xfe, 0x00, 0x80]))
    await zk.create('/svg', '<svg xmlns="http://www.w3.org/2000/svg" onload="window.hacked=1"/>')
    await using visitor = await open()
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
    const { zk } = place()
    await zk.create('/many')
    const names = Array.from({ length: 100_000 }, (_, i) => `/many/n-${String(i).padStart(6, '0')}`)
    const create = (from: number) =>
      zk.multi(names.slice(from, from + 1000).map(path => ({ type: 'create' as const, path })))
    await Promise.all(Array.from({ length: 100 }, (_, i) => create(i * 1000)))
    await using visitor = await open()
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
}
