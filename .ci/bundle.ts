// Bundles each package's entries into its dist, beside the declarations that tsc has put there, and makes these fit those of other
// copies.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle, isPrivate } from './source/bundle-package.ts'
import { openDeclarations } from './source/declarations.ts'

const PACKAGES = fileURLToPath(new URL('../packages', import.meta.url))

for (const name of readdirSync(PACKAGES)) {
  const dir = join(PACKAGES, name)
  if (isPrivate(dir)) continue
  await bundle(dir, join(dir, 'dist'))
  openDeclarations(join(dir, 'dist'))
}
