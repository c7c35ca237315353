// Makes the pictures of the README and of docs/console.md: every view of the demo, light and dark, wide and narrow. `pnpm
// console:pictures`, and look at them before they are committed. `--only NAME` makes one.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { findBrowser, launch, type Page } from '../../packages/console/test/support/browser.ts'
import { ROOT } from '../source/files.ts'
import { runConsole } from './demo.ts'

const { only, out = join(ROOT, 'docs/pictures/console') } = parseArgs({
  options: { only: { type: 'string' }, out: { type: 'string' } },
}).values
const NOTE = 'A note to all who are on call.\n'
const WIDE = { width: 1280, height: 760 }
const NARROW = { width: 390, height: 760 }

/** A picture: the place in the page, and what is done there first. */
interface Picture {
  readonly name: string
  readonly place: string
  readonly act?: (page: Page) => Promise<unknown>
}

const PICTURES: readonly Picture[] = [
  { name: 'tree', place: '#/tree/config/app.json' },
  { name: 'lock', place: '#/tree/locks/report' },
  {
    name: 'history',
    place: '#/tree/config/app.json',
    act: async page => {
      await page.getByRole('tab', { name: /History/ }).click()
      await page.locator('pre.diff').waitFor({ timeout: 30_000 })
    },
  },
  {
    name: 'facts',
    place: '#/tree/queues/mails',
    act: page => page.getByRole('tab', { name: /Stat/ }).click(),
  },
  {
    name: 'edit',
    place: '#/tree/data/readme',
    act: page => page.getByRole('button', { name: 'Edit…' }).click(),
  },
  {
    name: 'conflict',
    place: '#/tree/data/note',
    async act(page) {
      await page.getByRole('button', { name: 'Edit…' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('textbox').fill(`${NOTE}What you have written.\n`)
      await setNote(page, `${NOTE}What somebody else has written.\n`)
      await dialog.getByRole('button', { name: 'Write' }).click()
      await page.locator('.conflict .diff').waitFor()
    },
  },
  {
    name: 'schema',
    place: '#/tree/config/limits.json',
    act: page => page.getByRole('tab', { name: /Recipe/ }).click(),
  },
  { name: 'recipes', place: '#/recipes' },
  { name: 'ensemble', place: '#/ensemble' },
  { name: 'sessions', place: '#/sessions' },
  { name: 'traffic', place: '#/traffic' },
  { name: 'writes', place: '#/log' },
]

/** Sets the data of the note, whatever its version is. */
async function setNote(page: Page, text: string): Promise<void> {
  const { version } = await page.evaluate(async () => {
    const answer = await fetch('api/znode?path=/data/note')
    return ((await answer.json()) as { stat: { version: number } }).stat
  })
  await write(page, { do: 'set', path: '/data/note', data: btoa(text), version })
}

/** Writes as the page does. A refusal is an answer, too. */
function write(page: Page, request: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json', 'x-zookit-console': '1' }
  return page.evaluate(async init => (await fetch('api/write', { method: 'POST', ...init })).text(), {
    headers,
    body: JSON.stringify(request),
  })
}

/** Fills the view of the writes: what is done, and what is refused. */
async function writeSome(page: Page): Promise<void> {
  const data = btoa(NOTE)
  await write(page, { do: 'create', path: '/data/note', data, mode: 'persistent' })
  await write(page, { do: 'set', path: '/data/note', data, version: 0 })
  await write(page, { do: 'set', path: '/data/note', data, version: 0 })
  await write(page, { do: 'delete', path: '/config/none', version: 0 })
  await page.evaluate(() => fetch('api/write', { method: 'POST', body: '{}' }))
}

/** Resolves when the tree shows the znode of the address, and marks: those come after the rows. */
async function whole(page: Page): Promise<void> {
  for (const part of ['[role=treeitem][aria-selected=true]', '[data-path="/config"] .children'])
    await page.locator(part).waitFor({ state: 'attached' })
}

/** Views that are also shown as on a telephone. */
const NARROW_TOO = new Set(['tree', 'lock', 'recipes', 'ensemble'])
/** Milliseconds in which the charts get their first values. */
const WARM_UP = 20_000

const program = findBrowser()
if (program === undefined) throw new Error('there is no Chromium here: name one in ZOOKIT_CHROMIUM')
mkdirSync(out, { recursive: true })
await using running = await runConsole('--demo', '--write')
const browser = await launch(program)
try {
  const first = await browser.newPage()
  await first.goto(running.url)
  await writeSome(first)
  await first.waitForTimeout(WARM_UP)
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const { name, place, act } of PICTURES) {
      if (only !== undefined && only !== name) continue
      for (const viewport of NARROW_TOO.has(name) ? [WIDE, NARROW] : [WIDE]) {
        const page = await browser.newPage({ viewport, colorScheme })
        await page.goto(`${running.url}${place}`)
        if (place.startsWith('#/tree')) await whole(page)
        await page.waitForTimeout(1500)
        await act?.(page)
        await page.waitForTimeout(500)
        const suffix = viewport === NARROW ? '-narrow' : ''
        await page.screenshot({ path: join(out, `${name}${suffix}-${colorScheme}.png`) })
        await page.close()
      }
    }
  }
} finally {
  await browser.close()
}
