import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import type { Browser, Page } from 'playwright-core'
import { findBrowser, launch } from '../support/browser.ts'
import { type Visit, visit } from '../support/visitor.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const program = findBrowser()

interface AxeResults {
  readonly violations: readonly {
    readonly id: string
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
  }[]
}

/** Finds what axe has to say against a page, and whether something of it is out of reach to the right. */
async function faultsOf(page: Page): Promise<string[]> {
  // Once a page: it is half a megabyte.
  if (!(await page.evaluate<boolean>('"axe" in window'))) await page.evaluate(AXE)
  // Otherwise axe describes the elements that pass, too, and they are sent here.
  const { violations } = await page.evaluate<AxeResults>(
    `axe.run({ resultTypes: ['violations'] }).then(({ violations }) => ({ violations }))`,
  )
  const wide = await page.evaluate<string[]>(
    `[document.documentElement, ...document.querySelectorAll('dialog[open]')]
      .filter(each => each.scrollWidth > each.clientWidth || each.getBoundingClientRect().right > innerWidth)
      .map(each => each.localName + ' does not fit into the width')`,
  )
  return [
    ...violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
    ),
    ...wide,
  ]
}

/** The views, each with what is there once it has something to show. */
const VIEWS = [
  ['#/tree/config/app.json', 'pre.data'],
  ['#/recipes', '.card'],
  ['#/ensemble', 'figure canvas'],
  ['#/sessions', 'td .id'],
  ['#/traffic', '.histogram'],
  ['#/log', 'pre.data'],
] as const
const LOCK = '/lock/_c_00000001-1111-4111-8111-111111111111-lock-'

/** Opens a dialog, and makes it show all that it can. */
interface DialogCase {
  readonly name: string
  readonly path: string
  readonly button: string
  readonly act?: (visitor: Visit) => Promise<unknown>
}

const DIALOGS: readonly DialogCase[] = [
  { name: 'an edit', path: '/config/app.json', button: 'Edit…' },
  {
    name: 'the conflict of an edit',
    path: '/conflict',
    button: 'Edit…',
    async act({ page, zk }) {
      await page.getByRole('dialog').getByRole('textbox').fill('mine')
      await zk.setData('/conflict', 'theirs')
      await page.getByRole('button', { name: 'Write' }).click()
      await page.locator('.conflict .diff').waitFor()
    },
  },
  {
    name: 'a new child with a time to live',
    path: '/config',
    button: 'Create child…',
    act: ({ page }) => page.getByLabel('Mode').selectOption('ttl'),
  },
  { name: 'a deletion', path: '/z', button: 'Delete…' },
  { name: 'the deletion of a tree', path: '/config', button: 'Delete…' },
  {
    name: 'an ACL that is refused',
    path: '/z',
    button: 'ACL…',
    async act({ page }) {
      await page.getByRole('dialog').getByRole('textbox').fill('none')
      await page.getByRole('button', { name: 'Change' }).click()
      await page.getByRole('dialog').getByRole('alert').waitFor()
    },
  },
  { name: 'a quota', path: '/z', button: 'Quota…' },
  { name: 'an import', path: '/config', button: 'Import…' },
  { name: 'the wish to release', path: '/lock', button: 'Release…' },
]

/** Colours and widths do not meet in the style sheet: dark is tried in one width. */
const LOOKS = [
  { colorScheme: 'light', width: 1280, height: 800 },
  { colorScheme: 'light', width: 390, height: 780 },
  { colorScheme: 'dark', width: 1280, height: 800 },
  // A zoom of 200 % leaves half of the pixels of the style sheet.
  { colorScheme: 'light', width: 640, height: 400 },
] as const

for (const each of program === undefined ? [] : [program]) {
  describe('Axe, and the width of the screen, have nothing against the page of the console', function () {
    this.timeout(120_000)
    let browser: Browser
    let server: TestServer
    before(async () => {
      ;[browser, server] = await Promise.all([
        launch(each),
        TestServer.start({
          seed: {
            config: { 'app.json': '{"a": [1, "x", null]}', other: 'y' },
            z: 'z',
            conflict: '',
            lock: {},
          },
        }),
      ])
    })
    after(async () => {
      await browser.close()
      await server.stop()
    })

    for (const { colorScheme, width, height } of LOOKS) {
      const context = { colorScheme, bypassCSP: true, viewport: { width, height } }
      const open = (): Promise<Visit> => visit(browser, server.hosts, { write: true, traffic: true, context })

      it(`in any view, ${colorScheme}, ${width} by ${height} pixels`, async () => {
        await using visitor = await open()
        const { page, zk } = visitor
        visitor.console.recordFrame(FRAME)
        await zk.create(LOCK, 'holder', { mode: 'ephemeral-sequential' })
        await visitor.watching()
        // It is refused, and is a line of the writes.
        await page.evaluate(() => fetch('api/write', { method: 'POST', body: '{}' }))
        for (const [view, content] of VIEWS) {
          await visitor.go(view)
          await page.locator(content).first().waitFor()
          expect(await faultsOf(page), view).to.deep.equal([])
        }
        await visitor.go('#/tree/config/app.json')
        await zk.setData('/config/app.json', JSON.stringify({ at: `${colorScheme} ${width}` }))
        for (const name of [/Stat/, /History/, /Recipe/]) {
          await page.getByRole('tab', { name }).click()
          expect(await faultsOf(page), String(name)).to.deep.equal([])
        }
        await visitor.go('#/tree/lock')
        await page.getByRole('tab', { name: 'Recipe: lock' }).click()
        if (width < 720) await page.getByRole('button', { name: 'Show the tree' }).click()
        await visitor.row('/lock').dblclick()
        await page.getByRole('link', { name: 'eph', exact: true }).waitFor()
        expect(await faultsOf(page), 'a lock, and the tree').to.deep.equal([])
      })

      it(`in any dialog, ${colorScheme}, ${width} by ${height} pixels`, async () => {
        await using visitor = await open()
        const { page } = visitor
        await visitor.zk.create(LOCK, 'holder', { mode: 'ephemeral-sequential' })
        for (const { name, path, button, act } of DIALOGS) {
          await visitor.go(`#/tree${path}`)
          await page
            .getByRole('heading', { level: 2, name: new RegExp(`^${path.split('/').at(-1)} `) })
            .waitFor()
          await page.getByRole('button', { name: button }).first().click()
          await act?.(visitor)
          expect(await faultsOf(page), name).to.deep.equal([])
          const action = page.getByRole('dialog').locator('[type=submit]')
          await action.scrollIntoViewIfNeeded()
          const { x, y, width: wide, height: high } = (await action.boundingBox())!
          expect([x >= 0, y >= 0, x + wide <= width, y + high <= height], name).to.not.include(false)
          await page.keyboard.press('Escape')
          await page.getByRole('dialog').waitFor({ state: 'detached' })
        }
      })
    }
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
  paths: ['/app'],
  error: 'NO_NODE',
  took: 1.5,
  fault: null,
  fields: 'all fields',
} as const
