// Writes the repository's public address into the manifests and pages of the packages, before a release publishes them:
// ZOOKIT_REPOSITORY=https://... ZOOKIT_REF=v0.2.0 pnpm run publish:fields. The result is not committed.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, read } from './source/files.ts'
import { published } from './source/needed.ts'
import { placeOf, publicFields, withPublicLinks } from './source/publish.ts'

const place = placeOf(process.env.ZOOKIT_REPOSITORY, process.env.ZOOKIT_REF)
for (const folder of published) {
  const manifest = join(folder, 'package.json')
  const page = join(folder, 'README.md')
  const filled = { ...JSON.parse(read(manifest)), ...publicFields(place, folder) }
  writeFileSync(join(ROOT, manifest), `${JSON.stringify(filled, null, 2)}\n`)
  writeFileSync(join(ROOT, page), withPublicLinks(read(page), folder, place))
}
console.log(`${published.length} packages name ${place.address}`)
