import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from '../../../../.ci/source/files.ts'
import { buildPage } from '../../../../.ci/source/page.ts'

const FOLDER = join(ROOT, 'packages/console/node_modules/.cache/test-page')

let built: Promise<URL> | undefined

/** Builds the page from its sources, once a run. @returns its folder. */
export function pageFolder(): Promise<URL> {
  built ??= buildPage(FOLDER).then(() => pathToFileURL(`${FOLDER}/`))
  return built
}
