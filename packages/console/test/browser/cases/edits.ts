import { expect } from 'chai'
import { newestData, type Place } from '../../support/places.ts'
import { type Visit, visit } from '../../support/visitor.ts'

/** Collects, whenever a dialog has just gone from the page, the text of the element that has the focus then. */
const FOCUS_WITHOUT_DIALOG = `
  window.focusWithoutDialog = []
  new MutationObserver(records => {
    if (records.some(({ removedNodes }) => [...removedNodes].some(each => each.localName === 'dialog')))
      focusWithoutDialog.push(document.activeElement.textContent)
  }).observe(document, { childList: true, subtree: true })`

/** Declares what the page does when it writes. */
export function editCases(place: () => Place): void {
  const open = (): Promise<Visit> => visit(place().browser, place().ensemble.hosts, { write: true })

  it('shows both when somebody else was faster than an edit', async () => {
    const { zk } = place()
    await zk.create('/edited', 'original')
    await using visitor = await open()
    await visitor.go('#/tree/edited')
    await visitor.page.getByRole('button', { name: 'Edit…' }).click()
    const dialog = visitor.page.getByRole('dialog')
    await dialog.getByRole('textbox').fill('mine')
    await zk.setData('/edited', 'theirs')
    await dialog.getByRole('button', { name: 'Write' }).click()
    await dialog.locator('.conflict', { hasText: 'theirs' }).filter({ hasText: 'mine' }).waitFor()
    expect(await newestData(zk, '/edited')).to.equal('theirs')
    await dialog.getByRole('button', { name: 'Write over the other' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(await newestData(zk, '/edited')).to.equal('mine')
    await zk.delete('/edited')
  })

  it('takes no data that is not UTF-8 into an edit, and says where a difference is one that it does not compare', async () => {
    const { zk } = place()
    await zk.create('/compared', 'mine')
    await using visitor = await open()
    const { page } = visitor
    await visitor.watching()
    await visitor.go('#/tree/compared')
    await page.getByRole('button', { name: 'Edit…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox').fill('more')
    await zk.setData('/compared', Buffer.from([0xff, 0xfe]))
    await dialog.getByRole('button', { name: 'Write' }).click()
    await dialog.locator('pre.diff', { hasText: 'ff fe' }).waitFor()
    await dialog.getByText('cannot be taken as text').waitFor()
    expect(await dialog.getByRole('button', { name: 'Take theirs' }).count()).to.equal(0)
    await page.keyboard.press('Escape')
    await page.getByRole('tab', { name: /History/ }).click()
    for (const [version, data, says] of [
      [2, `{"a":1,"long":"${'x'.repeat(60_000)}"}`, 'Of each, the first 50,000 characters are compared'],
      [3, `{"a":1,"long":"${'x'.repeat(60_000)}y"}`, 'The data differs in what is not compared alone.'],
      [4, '{"a":1}', 'Of each, the first 50,000 characters are compared'],
      [5, '{ "a": 1 }', 'The data differs in the white space of JSON alone.'],
      [6, '{ "a": 1 }', 'The data is the same.'],
    ] as const) {
      await zk.setData('/compared', data)
      await page.getByLabel(`compare to version ${version}`).waitFor()
      await page.getByText(says).waitFor()
    }
    await zk.delete('/compared')
  })

  it('creates and deletes, the latter only after the name was typed where there is more below', async () => {
    const { zk } = place()
    await zk.create('/parent')
    await using visitor = await open()
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
    await zk.sync('/')
    expect(await zk.exists('/parent')).to.equal(null)
  })

  it('edits by the keyboard alone, from the tree to the data that was written, and over a conflict', async () => {
    const { zk } = place()
    await zk.create('/by-key', 'before')
    await using visitor = await open()
    const { page } = visitor
    await visitor.row('/by-key').waitFor()
    const focused = (): Promise<string> =>
      page.evaluate<string>('document.activeElement.ariaLabel ?? document.activeElement.textContent ?? ""')
    const tabTo = async (name: string, key = 'Tab'): Promise<void> => {
      for (let i = 0; i < 60; i++) {
        if ((await focused()).trim() === name) return
        await page.keyboard.press(key)
      }
      expect.fail(`${name} is not reached`)
    }
    await tabTo('Znodes')
    await page.keyboard.press('Home')
    while (!(await visitor.row('/by-key').getAttribute('class'))!.includes('active'))
      await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: /^by-key/ }).waitFor()
    await tabTo('Edit…')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.waitFor()
    await page.evaluate(FOCUS_WITHOUT_DIALOG)
    // The dialog begins at its first field.
    await page.keyboard.press('ControlOrMeta+a')
    await page.keyboard.type('by key')
    await zk.setData('/by-key', 'theirs')
    await tabTo('Write')
    await page.keyboard.press('Enter')
    await dialog.locator('.conflict').waitFor()
    await tabTo('Take theirs', 'Shift+Tab')
    await page.keyboard.press('Enter')
    await tabTo('Write over the other')
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    expect([await newestData(zk, '/by-key'), (await zk.getData('/by-key')).stat.version]).to.deep.equal([
      'theirs',
      2,
    ])
    await page.keyboard.press('Enter')
    await dialog.waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    expect(await focused()).to.equal('Edit…')
    // Whoever uses the keyboard goes on where each dialog was opened, at once.
    expect(await page.evaluate('[...new Set(focusWithoutDialog)]')).to.deep.equal(['Edit…'])
    await zk.delete('/by-key')
  })
}
