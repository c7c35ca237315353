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
/** Changes a second, the seconds for which they go on, and the changes that are due sooner: the last answers take their time. */
const STORM = 10_000
const SECONDS = 8
const AHEAD = 1.02
const MOST_IN_FLIGHT = 2000
const ZNODES = 2000

const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
const say = (name: string, value: string): void => console.log(`${name.padEnd(64)} ${value}`)

/** Milliseconds from the start of a navigation to the first text on the screen. */
async function paint(page: Page): Promise<number> {
  await page.reload()
  await page.locator('.row[data-path="/"]').waitFor()
  // A row may be in the document before the browser has painted it.
  return page.evaluate<number>(`new Promise(resolve => new PerformanceObserver(list => {
    for (const { name, startTime } of list.getEntries()) if (name === 'first-contentful-paint') resolve(startTime)
  }).observe({ type: 'paint', buffered: true }))`)
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

/** Writes at the rate, or a little more, until all are answered. @returns the changes a second. */
async function write(zk: ZooKeeper): Promise<number> {
  const begun = performance.now()
  const writes: Promise<unknown>[] = []
  let answered = 0
  while (writes.length < STORM * SECONDS) {
    const due = Math.min(STORM * SECONDS, Math.ceil(((performance.now() - begun) * STORM * AHEAD) / 1000))
    while (writes.length < due && writes.length - answered < MOST_IN_FLIGHT)
      writes.push(zk.setData(`/storm/z-${writes.length % ZNODES}`, 'x').then(() => answered++))
    await new Promise(resolve => setTimeout(resolve, 1))
  }
  await Promise.all(writes)
  return (writes.length * 1000) / (performance.now() - begun)
}

/** Milliseconds from a key that goes to the next tab until the browser has drawn it. */
async function press(page: Page): Promise<number> {
  const begun = performance.now()
  await page.keyboard.press('ArrowRight')
  await page.evaluate('new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)))')
  return performance.now() - begun
}

interface Storm {
  readonly rate: number
  /** The longest time between two pictures that the browser drew. */
  readonly longest: number
  /** The times of all keys. */
  readonly keys: readonly number[]
  readonly isBatched: boolean
}

/** Changes znodes of a folder that the page shows for some seconds, and uses the page meanwhile. */
async function storm(page: Page, zk: ZooKeeper): Promise<Storm> {
  await page.evaluate(`(() => {
    window.longest = 0
    let last = performance.now()
    const frame = now => { window.longest = Math.max(window.longest, now - last); last = now; requestAnimationFrame(frame) }
    requestAnimationFrame(frame)
  })()`)
  await page.getByRole('tab', { selected: true }).focus()
  let isOver = false
  const writing = write(zk).finally(() => (isOver = true))
  const keys: number[] = []
  while (!isOver) {
    keys.push(await press(page))
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  const isBatched = (await page.locator('.rate').textContent())!.includes('batches')
  return { rate: await writing, longest: await page.evaluate<number>('window.longest'), keys, isBatched }
}

const program = findBrowser()
if (program === undefined) throw new Error('there is no Chromium here: name one in ZOOKIT_CHROMIUM')
await using server = await TestServer.start({ recordRequests: false })
await using zk = await connect(server.hosts)
await zk.create('/measured', 'x')
await zk.create('/storm')
await Promise.all(Array.from({ length: ZNODES }, (_, i) => zk.create(`/storm/z-${i}`)))
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
  const { rate, longest, keys, isBatched } = await storm(page, zk)
  say(`changes a second of a folder that is shown, for ${SECONDS} s`, String(Math.round(rate)))
  say('the longest time between two pictures meanwhile', `${Math.round(longest)} ms`)
  say(`a key until it is drawn meanwhile, middle of ${keys.length}`, `${Math.round(middle(keys))} ms`)
  say('the same, the slowest', `${Math.round(Math.max(...keys))} ms`)
  say('the page says that it shows them in batches', isBatched ? 'yes' : 'no')
  await visitor.go('#/tree/measured')
  await page.locator('pre.data').waitFor()
  say('the next change until it is on the page', `${Math.round(await change(page, zk, CHANGES))} ms`)
} finally {
  await browser.close()
}
