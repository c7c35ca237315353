import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { findBrowser, launch, type Page } from '../../../console/test/support/browser.ts'
import { pageOf } from '../../src/real/report/page.ts'
import type { RunResult } from '../../src/real/run.ts'
import { HOSTILE, recordedRun } from './support/recorded-run.ts'

const program = findBrowser()

if (program === undefined) console.log('Chromium: none found, the report of a run is not tried in a browser')

/** The rows of the picture, from above, of the lanes of `recordedRun`: two of faults, two of members, two of clients. */
const FAULTS = 0
const LEADER = 3
const BOB = 5

/** A report that is open in a browser. */
interface Opened {
  readonly page: Page
  /** Errors of scripts and of the browser. */
  readonly errors: readonly string[]
  /** Everything that was asked for but the page itself. */
  readonly requests: readonly string[]
  /** Returns how many shapes have a colour of the style sheet, those of the legends included. */
  coloured(name: string): Promise<number>
  /** Returns the texts of the picture. */
  texts(): Promise<string[]>
  /** Moves the pointer to a second of the first view, on a row. */
  point(second: number, row: number): Promise<void>
}

for (const each of program === undefined ? [] : [program]) {
  describe('The page about a run on real servers, in a browser', function () {
    this.timeout(90_000)
    let browser: Awaited<ReturnType<typeof launch>>
    const folder = mkdtempSync(join(tmpdir(), 'zookit-report-'))
    before(async () => {
      browser = await launch(each)
    })
    after(async () => {
      await browser.close()
      rmSync(folder, { recursive: true, force: true })
    })

    async function open(given: Partial<RunResult> = {}): Promise<Opened> {
      const file = join(folder, 'report.html')
      writeFileSync(file, pageOf(recordedRun(given)))
      const page = await browser.newPage({ viewport: { width: 1300, height: 1000 } })
      const [errors, requests]: [string[], string[]] = [[], []]
      page.on('pageerror', error => errors.push(error.message))
      page.on('console', message => {
        if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text())
      })
      page.on('request', request => requests.push(request.url()))
      const url = pathToFileURL(file).href
      await page.goto(url)
      await page.locator('#timeline svg').waitFor()
      return {
        page,
        errors,
        get requests() {
          return requests.filter(asked => asked !== url)
        },
        coloured: name => page.locator(`#timeline rect[style="fill: var(--${name})"]`).count(),
        texts: () => page.locator('#timeline text').allTextContents(),
        async point(second, row) {
          const { x, y, width } = (await page.locator('#timeline svg').boundingBox())!
          const scale = width / 1180
          // The gaps between the groups are behind two rows each.
          const below = 22 + row * 18 + Math.floor(row / 2) * 14 + 9
          await page.mouse.move(x + (110 + (second / 10) * 1058) * scale, y + below * scale)
        },
      }
    }

    it('draws faults, states and calls, and asks for nothing', async () => {
      const { page, errors, requests, coloured, texts } = await open()
      expect(await texts()).to.include.members([
        'faults',
        'member 1',
        'member 2',
        'ann',
        'bob',
        '0 s',
        '10 s',
      ])
      // One of each is in the legend.
      expect(await coloured('fault')).to.equal(3)
      expect(await coloured('leader')).to.equal(3)
      expect(await coloured('follower')).to.equal(2)
      expect(await coloured('connected')).to.equal(5)
      expect(await coloured('suspended')).to.equal(2)
      expect(await coloured('expired')).to.equal(2)
      expect(await coloured('applied')).to.equal(3)
      expect(await coloured('rejected')).to.equal(2)
      expect(await coloured('unknown')).to.equal(2)
      const curves = await page
        .locator('path.curve')
        .evaluateAll(all => all.map(each => each.getAttribute('d')))
      expect(curves).to.have.length(2)
      for (const curve of curves) expect(curve).to.match(/^M[\d.]+ [\d.]+L[\d.]+ [\d.]+$/)
      expect(errors).to.deep.equal([])
      expect(requests).to.deep.equal([])
      await page.close()
    })

    it('tells what there was at the time that the pointer is at', async () => {
      const { page, errors, point } = await open()
      const tip = page.locator('.tip')
      expect(await tip.isVisible()).to.equal(false)
      await point(3.5, FAULTS)
      expect(await tip.textContent()).to.equal(
        [
          '3.5 s',
          'kill a member: member 2',
          'cut a client off from all members: ann',
          'member 1: leader',
          'member 2: serves nobody',
          'ann: suspended',
          'bob: process 1 was killed',
          '0 applied, 0 rejected, 0 unknown',
        ].join('\n'),
      )
      await point(1.5, LEADER)
      expect(await tip.textContent()).to.match(/2 applied.*\nhalf within 40\.0 ms, 99 % within 40 ms$/)
      await page.mouse.move(5, 5)
      expect(await tip.isVisible()).to.equal(false)
      expect(errors).to.deep.equal([])
      await page.close()
    })

    it('shows the stretch that is dragged over, and all again', async () => {
      const { page, errors, texts, coloured, point } = await open()
      await point(5.4, BOB)
      await page.mouse.down()
      await point(9.6, BOB)
      await page.mouse.up()
      expect(await texts())
        .to.include.members(['5.5 s', '9.5 s'])
        .and.not.include.members(['0 s'])
      // The first fault and the first states are over by then.
      expect(await coloured('fault')).to.equal(2)
      expect(await coloured('suspended')).to.equal(1)
      const expired = page.locator('#timeline rect[style="fill: var(--expired)"]').last()
      // 0.6 of 4.2 seconds of what is drawn, and 1 of 10 before.
      expect(Number(await expired.getAttribute('width'))).to.be.within(140, 160)
      await page.locator('#timeline svg').dblclick()
      expect(await texts()).to.include.members(['0 s', '10 s'])
      expect(errors).to.deep.equal([])
      await page.close()
    })

    it('runs nothing of what clients and servers have said', async () => {
      const { page, errors, requests, point } = await open({ violations: [HOSTILE], seed: HOSTILE })
      expect(await page.locator('.verdict li').textContent()).to.equal(HOSTILE)
      expect(await page.locator('.aside code').textContent()).to.equal(HOSTILE)
      await point(1, BOB)
      expect(await page.locator('.tip').textContent()).to.include(`bob: connected to ${HOSTILE}`)
      expect(await page.locator('img').count()).to.equal(0)
      expect(await page.evaluate('window.stolen')).to.equal(undefined)
      expect(errors).to.deep.equal([])
      expect(requests).to.deep.equal([])
      await page.close()
    })

    it('draws a run without a call, a fault or a client', async () => {
      const { page, errors, texts } = await open({ faults: [], histories: [], modes: [] })
      expect(await texts()).to.include.members(['States', 'Calls a second', '10 s'])
      expect(errors).to.deep.equal([])
      await page.close()
    })
  })
}
