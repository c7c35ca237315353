// Bundles each package's entries into its dist, beside the declarations that tsc has put there, and makes these fit those of other
// copies, compilers and module systems.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle, exportedFiles, isPrivate, isProgram } from './source/bundle-package.ts'
import { bundleCommonJs, hasCommonJs } from './source/commonjs.ts'
import { openDeclarations } from './source/declarations.ts'
import { buildPage } from './source/page.ts'
import { bundleProgram } from './source/program.ts'

const PACKAGES = fileURLToPath(new URL('../packages', import.meta.url))

for (const name of readdirSync(PACKAGES)) {
  const dir = join(PACKAGES, name)
  if (isPrivate(dir)) continue
  if (isProgram(dir)) await bundleProgram(dir, join(dir, 'dist'))
  else {
    await bundle(dir, join(dir, 'dist'))
    await bundleCommonJs(dir, join(dir, 'dist'))
  }
  openDeclarations(join(dir, 'dist'), exportedFiles(dir), hasCommonJs(dir))
}

await buildPage(join(PACKAGES, 'console/dist/page'))
