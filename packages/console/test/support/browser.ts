import { type Browser, chromium, type Page } from 'playwright-core'
import { findChromium } from '../../../../.ci/source/chromium.ts'

export type { Page }

const ABSENT =
  "ZOOKIT_REQUIRE=real, but this machine has no Chromium. Name one in ZOOKIT_CHROMIUM, or install Debian's package `chromium-headless-shell`."

/**
 * Finds a browser of this machine. @returns its program; undefined if there is none.
 *
 * @throws Error when `ZOOKIT_REQUIRE=real` and there is none.
 */
export function findBrowser(): string | undefined {
  const found = findChromium()
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
