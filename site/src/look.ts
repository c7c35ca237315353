// Opens every page of the built site in Chromium, at two widths, in light and in dark, and tells what is wrong: errors of the
// console, requests that fail or leave this machine, a page wider than its window, without a title, a heading or its colours, images
// that are not there. First it looks at a page that is wrong in each of these ways. The pages of the reference are all alike: most of
// them are reached as a link is followed, narrow and in dark, and every 25th is loaded as the others are.
// `--only TEXT` loads the pages whose path contains it. Pictures of those that are loaded are kept in a temporary folder.

import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { findChromium } from '../../.ci/source/chromium.ts'
import { DIST, read } from './pages.ts'
import { serve } from './server.ts'
import { Tab, WIDTHS } from './tab.ts'
import { unnoticed } from './wrong-page.ts'

const TABS = 3

const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1]! : ''
const executablePath = findChromium()
const { version } = JSON.parse(read('packages/client/package.json'))

/** Lists the pages to open, as paths from the root of the version. */
function pagesToOpen(): string[] {
  const files = readdirSync(join(DIST, version), { recursive: true, encoding: 'utf8' })
  return files.filter(file => file.endsWith('.html') && file !== '404.html' && file.includes(only)).sort()
}

if (!executablePath) {
  console.log(
    "no Chromium here (Debian's package chromium-headless-shell): the pages have not been looked at",
  )
} else {
  const { server, url } = await serve(DIST)
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  const pictures = mkdtempSync(join(tmpdir(), 'zookit-site-'))
  const paths = pagesToOpen()
  const tabs = await Promise.all(Array.from({ length: TABS }, () => Tab.open(browser, url, version)))
  const faults = await unnoticed(tabs[0]!)
  let next = 0
  await Promise.all(
    tabs.map(async tab => {
      let isFirst = true
      while (next < paths.length) {
        const index = next++
        const path = paths[index]!
        const isOneOfMany = path.startsWith('api/') && !path.endsWith('index.html') && index % 25 !== 0
        const isFollowed = isOneOfMany && only === '' && !isFirst
        await tab.look(path, { isFollowed, pictures: isOneOfMany && only === '' ? null : pictures })
        isFirst = false
      }
    }),
  )
  await tabs[0]!.search('fencing token', 'recipes/mutex')
  await tabs[0]!.search('EPHEMERAL_ON_LOCAL_SESSION', 'errors')
  await tabs[0]!.versions(version)
  await browser.close()
  server.close()
  for (const tab of tabs) faults.push(...tab.faults)
  for (const fault of faults) console.error(fault)
  console.log(`${paths.length} pages at ${WIDTHS.join(' and ')} px, light and dark; pictures in ${pictures}`)
  if (paths.length === 0 || faults.length > 0) process.exitCode = 1
}
