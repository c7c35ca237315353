import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

export type { Page }

/** The places of Chromium and its relatives, of Debian's and of others. The one without windows takes half of the CPU time. */
const PLACES = [
  process.env.ZOOKIT_CHROMIUM,
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

const ABSENT =
  "ZOOKIT_REQUIRE=real, but this machine has no Chromium. Name one in ZOOKIT_CHROMIUM, or install Debian's package `chromium-headless-shell`."

/**
 * Finds a browser of this machine. @returns its program; undefined if there is none.
 *
 * @throws Error when `ZOOKIT_REQUIRE=real` and there is none.
 */
export function findBrowser(): string | undefined {
  const found = PLACES.find(place => place !== undefined && existsSync(place))
  if (found === undefined && process.env.ZOOKIT_REQUIRE === 'real') throw new Error(ABSENT)
  return found
}

/** The name of another site, which the browser takes for one of this machine. */
export const ATTACKER = 'attacker.example'

/** Starts the browser. Root has no sandbox in it: the pages are our own. */
export function launch(program: string): Promise<Browser> {
  const args = [
    `--host-resolver-rules=MAP ${ATTACKER} 127.0.0.1`,
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ]
  return chromium.launch({ executablePath: program, args })
}
