// Builds the site into dist/VERSION, or serves it while its pages change: `--dev`.

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, createServer } from 'vitepress'
import { Assembly } from './assemble.ts'
import { brokenLinks } from './links.ts'
import { DIST, PAGES, ROOT, read, repositoryPages, SITE } from './pages.ts'
import { writeReference } from './reference.ts'

const isDev = process.argv.includes('--dev')
const { version } = JSON.parse(read('packages/client/package.json'))

/** Lists the versions that are built, the newest first, and leads the root of the site to it. */
function writeVersions(): void {
  const folders = readdirSync(DIST, { withFileTypes: true }).filter(entry => entry.isDirectory())
  const versions = folders
    .map(entry => entry.name)
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
  writeFileSync(join(DIST, 'versions.json'), JSON.stringify(versions))
  writeFileSync(
    join(DIST, 'index.html'),
    `<!doctype html><title>zookit</title><meta http-equiv="refresh" content="0; url=./${versions[0]}/">`,
  )
}

/** Writes a page again whenever its file changes. */
function follow(assembly: Assembly): void {
  for (const folder of ['docs', 'packages', 'examples', 'site']) {
    watch(join(ROOT, folder), { recursive: true }, (_, name) => {
      const page = repositoryPages().find(({ file }) => file === `${folder}/${name}`)
      if (page) assembly.writeOne(page)
    })
  }
}

if (!isDev) rmSync(PAGES, { recursive: true, force: true })
const assembly = new Assembly()
assembly.write()
if (!isDev || !existsSync(join(PAGES, 'api'))) await writeReference()

if (isDev) {
  follow(assembly)
  const server = await createServer(SITE, { port: 5173 })
  await server.listen()
  server.printUrls()
} else {
  execFileSync(process.execPath, [join(SITE, 'node_modules/typescript/bin/tsc'), '-p', SITE], {
    stdio: 'inherit',
  })
  rmSync(join(DIST, version), { recursive: true, force: true })
  await build(SITE)
  writeVersions()
  const broken = brokenLinks(join(DIST, version))
  for (const link of broken) console.error(link)
  if (broken.length > 0) process.exit(1)
}
