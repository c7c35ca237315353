// Measures what docs/console.md promises of the page: `pnpm console:figures`. Times are of one machine, and asserted nowhere.

import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { gzipSync } from 'node:zlib'
import { connect, type ZooKeeper } from '@zookit/client'
import { TestServer } from '@zookit/testing'
import { findBrowser, launch, type Page } from '../../packages/console/test/support/browser.ts'
import { pageFolder } from '../../packages/console/test/support/page-folder.ts'
import { visit } from '../../packages/console/test/support/visitor.ts'

const PAINTS = 5
const CHANGES = 100
const STORM = 10_000

const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
const say = (name: string, value: string): void => console.log(`${name.padEnd(64)} ${value}`)

/** Milliseconds from the start of a navigation to the first text on the screen. */
async function paint(page: Page): Promise<number> {
  await page.reload()
  await page.locator('.row[data-path="/"]').waitFor()
  return page.evaluate<number>('performance.getEntriesByName("first-contentful-paint")[0].startTime')
}

/** Milliseconds from a setData until the page's document has the data. Both clocks are this machine's. */
async function change(page: Page, zk: ZooKeeper, i: number): Promise<number> {
  const seen = page.evaluate<number>(`new Promise(resolve => {
    const look = () => {
      if (document.querySelector('pre.data')?.textContent.includes('value-${i}-')) resolve(performance.timeOrigin + performance.now())
    }
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true })
    look()
  })`)
  const begun = performance.timeOrigin + performance.now()
  await zk.setData('/measured', `value-${i}-`)
  return (await seen) - begun
}

/** Changes znodes of a folder that the page shows for some seconds, and looks at the frames that the browser draws meanwhile. */
async function storm(
  page: Page,
  zk: ZooKeeper,
): Promise<{ rate: number; longest: number; batched: boolean }> {
  await page.evaluate(`(() => {
    window.longest = 0
    let last = performance.now()
    const frame = now => { window.longest = Math.max(window.longest, now - last); last = now; requestAnimationFrame(frame) }
    requestAnimationFrame(frame)
  })()`)
  const begun = performance.now()
  let sent = 0
  while (performance.now() - begun < 8000) {
    // As many as are due by now.
    const due = Math.floor(((performance.now() - begun) * STORM) / 1000) - sent
    const writes = Array.from({ length: Math.min(500, due) }, () =>
      zk.setData(`/storm/z-${sent++ % 2000}`, 'x'),
    )
    await Promise.all(writes)
    await new Promise(resolve => setTimeout(resolve, 1))
  }
  const rate = (sent * 1000) / (performance.now() - begun)
  const batched = (await page.locator('.rate').textContent())!.includes('batches')
  return { rate, longest: await page.evaluate<number>('window.longest'), batched }
}

const program = findBrowser()
if (program === undefined) throw new Error('there is no Chromium here: name one in ZOOKIT_CHROMIUM')
await using server = await TestServer.start({ recordRequests: false })
await using zk = await connect(server.hosts)
await zk.create('/measured', 'x')
await zk.create('/storm')
await Promise.all(Array.from({ length: 2000 }, (_, i) => zk.create(`/storm/z-${i}`)))
const browser = await launch(program)
try {
  await using visitor = await visit(browser, server.hosts)
  const { page } = visitor
  const script = readFileSync(new URL('page.js', await pageFolder()))
  say('script, gzipped', `${Math.round(gzipSync(script).length / 1024)} KiB`)
  const paints: number[] = []
  for (let i = 0; i < PAINTS; i++) paints.push(await paint(page))
  say(`first paint, middle of ${PAINTS}`, `${Math.round(middle(paints))} ms`)
  await visitor.go('#/tree/measured')
  await visitor.watching()
  const changes: number[] = []
  for (let i = 0; i < CHANGES; i++) {
    changes.push(await change(page, zk, i))
    await new Promise(resolve => setTimeout(resolve, 60))
  }
  say(`a change until it is on the page, middle of ${CHANGES}`, `${Math.round(middle(changes))} ms`)
  say('the same, the slowest', `${Math.round(Math.max(...changes))} ms`)
  await visitor.go('#/tree/storm/z-0')
  await visitor.row('/storm/z-0').waitFor()
  const { rate, longest, batched } = await storm(page, zk)
  say('changes a second of a folder that is shown, for 8 s', String(Math.round(rate)))
  say('the longest time between two pictures meanwhile', `${Math.round(longest)} ms`)
  say('the page says that it shows them in batches', batched ? 'yes' : 'no')
} finally {
  await browser.close()
}
