import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Browser, Page } from 'playwright-core'

/** The widths of a window, in pixels: the first is that in which a page is loaded. */
export const WIDTHS = [1280, 390] as const

/** Every width in light and in dark. */
const FULL = WIDTHS.flatMap(width => [[width, 'light'] as const, [width, 'dark'] as const])

/** The last of them, in which a page is left: what is too wide is so in the narrow window, and to turn to another takes most of the time. */
const LAST = FULL.slice(-1)

/** Way in which a page is looked at. */
export interface View {
  /** True to reach it from the page in view, as a link does, which takes a fraction of the time; false to load it. */
  readonly isFollowed: boolean
  /** Folder for pictures; null for none. */
  readonly pictures: string | null
}

/** A page on a machine with much else to do takes its time. */
const PATIENCE = 60_000

/** A tab of the browser that collects what goes wrong in it. */
export class Tab {
  readonly faults: string[] = []
  readonly #page: Page
  readonly #root: string
  #at = ''

  /** @param root the address of the pages. @param server that of the server, which nothing but the pages may ask. */
  private constructor(page: Page, root: string, server: string) {
    this.#page = page
    this.#root = root
    page.setDefaultTimeout(PATIENCE)
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
      if (!url.startsWith(server) && !url.startsWith('data:')) this.#fault(`asks ${url}`)
    })
  }

  /** Opens a tab for the pages of a version. */
  static async open(browser: Browser, server: string, version: string): Promise<Tab> {
    const page = await browser.newPage()
    // Of a reader who saves data no page fetches in advance what it links to: each page is opened here anyway.
    await page.addInitScript(() =>
      Object.defineProperty(navigator, 'connection', { value: { saveData: true } }),
    )
    return new Tab(page, `${server}${version}/`, server)
  }

  /** Looks at a page in each view. @param view how it is reached, and where pictures are kept. */
  async look(path: string, { isFollowed, pictures }: View): Promise<void> {
    this.#at = path
    try {
      let isOpen = false
      for (const [width, scheme] of isFollowed ? LAST : FULL) {
        await this.#page.setViewportSize({ width, height: 900 })
        await this.#page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
        if (!isOpen && isFollowed) await this.#page.evaluate(followLink, new URL(this.#root + path).pathname)
        else if (!isOpen) await this.#page.goto(this.#root + path, { waitUntil: 'load' })
        isOpen = true
        const faults = await this.#page.evaluate(faultsInView, scheme)
        for (const fault of faults) this.#fault(`at ${width} px, ${scheme}: ${fault}`)
        if (pictures !== null) await this.#picture(pictures, `${width}-${scheme}`)
      }
    } catch (error) {
      this.#fault(String(error))
    }
  }

  /** Shows a text as the page of a path, whatever the server has there. */
  async pretend(path: string, html: string): Promise<void> {
    await this.#page.route(this.#root + path, route =>
      route.fulfill({ contentType: 'text/html', body: html }),
    )
  }

  /** Searches as a reader does, and looks for a page among what is found. */
  async search(words: string, wanted: string): Promise<void> {
    this.#at = `the search for "${words}"`
    await this.#page.setViewportSize({ width: WIDTHS[0], height: 900 })
    await this.#page.goto(this.#root)
    await this.#page.click('#local-search button')
    await this.#page.fill('.VPLocalSearchBox input', words)
    const found = this.#page.locator(`.VPLocalSearchBox a[href*="${wanted}"]`).first()
    await found.waitFor().catch(() => this.#fault(`does not find ${wanted}`))
  }

  /** Looks at the selector of versions. */
  async versions(version: string): Promise<void> {
    this.#at = 'the selector of versions'
    const shown = await this.#page.locator('.version-select.wide option').allTextContents()
    if (!shown.includes(version)) this.#fault(`does not offer ${version}, but ${shown.join(', ')}`)
  }

  async #picture(folder: string, kind: string): Promise<void> {
    const file = join(folder, this.#at.replace(/\.html$/, `-${kind}.png`))
    mkdirSync(dirname(file), { recursive: true })
    await this.#page.screenshot({ path: file })
  }

  #fault(text: string): void {
    this.faults.push(`${this.#at}: ${text}`)
  }
}

/** The application behind every page, as far as it is needed to go to another one. */
interface Application {
  readonly _context: {
    readonly provides: Record<symbol, { go?: (path: string) => Promise<void> } | undefined>
  }
}

/** Goes to another page as a click on a link does. Runs in the browser. */
async function followLink(path: string): Promise<void> {
  const root = document.querySelector('#app') as (Element & { __vue_app__?: Application }) | null
  const provided = root?.__vue_app__?._context.provides ?? {}
  const symbols = Object.getOwnPropertySymbols(provided)
  const router = symbols.map(symbol => provided[symbol]).find(each => typeof each?.go === 'function')
  if (router?.go === undefined) throw new Error('no page is open that could be left')
  await router.go(path)
  await new Promise(resolve => setTimeout(resolve))
  if (location.pathname !== path) throw new Error(`the link led to ${location.pathname}`)
}

/** Tells what is wrong with the page in view. Runs in the browser. */
async function faultsInView(scheme: 'light' | 'dark'): Promise<string[]> {
  await document.fonts.ready
  // The page has been loaded before its program has started.
  for (let turn = 0; turn < 100 && !('__vue_app__' in (document.querySelector('#app') ?? {})); turn++) {
    await new Promise(resolve => setTimeout(resolve, turn))
  }
  const root = document.documentElement
  const faults = []
  if (!('__vue_app__' in (document.querySelector('#app') ?? {})))
    faults.push('is not alive: its program has not started')
  if (root.scrollWidth > root.clientWidth) faults.push(`is ${root.scrollWidth} px wide`)
  if (!/zookit|ZooKeeper for/.test(document.title)) faults.push(`has the title "${document.title}"`)
  if (document.querySelector('main h1, .VPHero h1') === null) faults.push('has no heading')
  if (document.querySelector('.NotFound') !== null) faults.push('is not found')
  const wanted = scheme === 'dark'
  // The page hears of the scheme in a turn of its own.
  for (let turn = 0; turn < 50 && root.classList.contains('dark') !== wanted; turn++) {
    await new Promise(resolve => setTimeout(resolve, 2 * turn))
  }
  if (root.classList.contains('dark') !== wanted) faults.push(`is ${wanted ? 'light' : 'dark'}`)
  const { color, backgroundColor } = getComputedStyle(document.body)
  if (color === backgroundColor) faults.push(`writes in ${color} on ${backgroundColor}`)
  for (const image of Array.from(document.images)) {
    image.loading = 'eager'
    await image.decode().catch(() => faults.push(`cannot show ${image.src}`))
  }
  return faults
}
