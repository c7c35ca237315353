import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildPage } from '../../../../.ci/source/page.ts'

let built: Promise<URL> | undefined

/**
 * Builds the page from its sources, once a process. Files of tests run side by side: in a folder that they shared, one would
 * take the page away that another is about to open.
 *
 * @returns its folder.
 */
export function pageFolder(): Promise<URL> {
  built ??= build()
  return built
}

async function build(): Promise<URL> {
  const folder = mkdtempSync(join(tmpdir(), 'zookit-page-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  await buildPage(folder)
  return pathToFileURL(`${folder}/`)
}
