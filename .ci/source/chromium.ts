import { existsSync } from 'node:fs'

/** The places of Chromium and its relatives, of Debian's and of others. The one without windows takes half of the CPU time. */
const PLACES = [
  process.env.ZOOKIT_CHROMIUM,
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** Finds Chromium on this machine. @returns its program; undefined if there is none. */
export function findChromium(): string | undefined {
  return PLACES.find(place => place !== undefined && existsSync(place))
}
