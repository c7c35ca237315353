// Opens the pages of the built site in Debian's Chromium, at two widths, every second one in the dark and every tenth in both schemes,
// and tells what is wrong: errors of the console, requests that fail or leave this machine, a page wider than its window, images that
// are not there. Of the pages that TypeDoc prints, all alike, it opens the indexes and every 25th, or with `--all` each. `--only TEXT`
// opens those whose path contains it. Pictures are kept in a temporary folder.

import { existsSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { DIST, read } from './pages.ts'
import { serve } from './server.ts'

const WIDTHS = [1280, 390]
const TABS = 3
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

const isAll = process.argv.includes('--all')
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1]! : ''
const executablePath = process.env.CHROMIUM ?? CHROMIUM.find(file => existsSync(file))
const { version } = JSON.parse(read('packages/client/package.json'))
const pictures = mkdtempSync(join(tmpdir(), 'zookit-site-'))

/** Lists the pages to open, as paths from the root of the version. */
function pagesToOpen(): string[] {
  const files = readdirSync(join(DIST, version), { recursive: true, encoding: 'utf8' })
  const pages = files
    .filter(file => file.endsWith('.html') && file !== '404.html' && file.includes(only))
    .sort()
  if (isAll || only !== '') return pages
  return pages.filter(
    (page, index) => !page.startsWith('api/') || page.endsWith('index.html') || index % 25 === 0,
  )
}

/** A tab of the browser that collects what goes wrong in it. */
class Tab {
  readonly faults: string[] = []
  readonly #page: Page
  readonly #root: string
  #at = ''

  constructor(page: Page, root: string) {
    this.#page = page
    this.#root = root
    page.on('console', message => {
      if (message.type() === 'error') this.#fault(message.text())
    })
    page.on('pageerror', error => this.#fault(error.message))
    page.on('requestfailed', request => {
      const reason = request.failure()?.errorText
      // What the page fetches in advance is given up when the next one is opened.
      if (reason !== 'net::ERR_ABORTED') this.#fault(`${request.url()}: ${reason}`)
    })
    page.on('request', request => {
      const url = request.url()
      if (!url.startsWith(root) && !url.startsWith('data:')) this.#fault(`asks ${url}`)
    })
  }

  static async open(browser: Browser, root: string): Promise<Tab> {
    return new Tab(await browser.newPage(), root)
  }

  /** Opens a page once, and looks at it in each width. */
  async look(path: string, isDark: boolean): Promise<void> {
    this.#at = path
    await this.#page.emulateMedia({ colorScheme: isDark ? 'dark' : 'light', reducedMotion: 'reduce' })
    for (const width of WIDTHS) {
      await this.#page.setViewportSize({ width, height: 900 })
      if (width === WIDTHS[0]) await this.#page.goto(`${this.#root}${version}/${path}`, { waitUntil: 'load' })
      for (const fault of await this.#page.evaluate(faultsInView)) this.#fault(`at ${width} px ${fault}`)
      if (!isAll) await this.#picture(path, `${width}${isDark ? '-dark' : ''}`)
    }
  }

  /** Searches as a reader does, and looks for a page among what is found. */
  async search(words: string, wanted: string): Promise<void> {
    this.#at = `the search for "${words}"`
    await this.#page.setViewportSize({ width: WIDTHS[0]!, height: 900 })
    await this.#page.goto(`${this.#root}${version}/`)
    await this.#page.click('#local-search button')
    await this.#page.fill('.VPLocalSearchBox input', words)
    const found = this.#page.locator(`.VPLocalSearchBox a[href*="${wanted}"]`).first()
    await found.waitFor({ timeout: 10_000 }).catch(() => this.#fault(`does not find ${wanted}`))
  }

  /** Looks at the selector of versions. */
  async versions(): Promise<void> {
    this.#at = 'the selector of versions'
    const shown = await this.#page.locator('.version-select.wide option').allTextContents()
    if (!shown.includes(version)) this.#fault(`does not offer ${version}, but ${shown.join(', ')}`)
  }

  async #picture(path: string, kind: string): Promise<void> {
    const file = join(pictures, path.replace(/\.html$/, `-${kind}.png`))
    mkdirSync(dirname(file), { recursive: true })
    await this.#page.screenshot({ path: file, fullPage: only !== '' })
  }

  #fault(text: string): void {
    this.faults.push(`${this.#at}: ${text}`)
  }
}

/** Tells what is wrong with the page in view. Runs in the browser. */
async function faultsInView(): Promise<string[]> {
  await document.fonts.ready
  const root = document.documentElement
  const faults = []
  if (root.scrollWidth > root.clientWidth) faults.push(`is ${root.scrollWidth} px wide`)
  for (const image of Array.from(document.images)) {
    image.loading = 'eager'
    await image.decode().catch(() => faults.push(`cannot show ${image.src}`))
  }
  return faults
}

if (!executablePath) {
  console.log("no Chromium here (Debian's package chromium): the pages have not been looked at")
} else {
  const { server, url } = await serve(DIST)
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  const paths = pagesToOpen()
  const tabs = await Promise.all(Array.from({ length: TABS }, () => Tab.open(browser, url)))
  let next = 0
  await Promise.all(
    tabs.map(async tab => {
      while (next < paths.length) {
        const index = next++
        const isDark = index % 2 === 1
        await tab.look(paths[index]!, isDark)
        if (index % 10 === 0) await tab.look(paths[index]!, !isDark)
      }
    }),
  )
  await tabs[0]!.search('fencing token', 'recipes/mutex')
  await tabs[0]!.search('EPHEMERAL_ON_LOCAL_SESSION', 'errors')
  await tabs[0]!.versions()
  await browser.close()
  server.close()
  const faults = tabs.flatMap(tab => tab.faults)
  for (const fault of faults) console.error(fault)
  console.log(`${paths.length} pages at ${WIDTHS.join(' and ')} px; pictures in ${pictures}`)
  if (faults.length > 0) process.exitCode = 1
}
