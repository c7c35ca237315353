// Writes the public surface of each package to api/NAME.api.md, so that a review sees a change of it. Needs `pnpm run build` first.
// `--check` compares instead: CI does that.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { surfaceOf } from './source/api.ts'
import { ROOT, read } from './source/files.ts'
import { published } from './source/needed.ts'

const isCheck = process.argv.includes('--check')

/** Returns the report of a package: a section for each of its entries. */
function reportOf(folder: string): string {
  const { name, exports } = JSON.parse(read(join(folder, 'package.json')))
  const sections = Object.entries<{ default: string }>(exports).map(([entry, { default: file }]) => {
    const surface = surfaceOf(join(folder, file.replace(/\.js$/, '.d.ts')), read)
    return `## \`${join(name, entry)}\`\n\n\`\`\`ts\n${surface}\n\`\`\`\n`
  })
  const head = `# ${name}\n\nThe public surface. \`npx -y pnpm@12 api\` writes this file; do not edit it.\n`
  return [head, ...sections].join('\n')
}

mkdirSync(join(ROOT, 'api'), { recursive: true })
for (const folder of published) {
  const file = `api/${folder.replace('packages/', '')}.api.md`
  const report = reportOf(folder)
  if (!isCheck) writeFileSync(join(ROOT, file), report)
  else if (!existsSync(join(ROOT, file)) || read(file) !== report) {
    console.error(
      `${file} is out of date: the public surface has changed. Run \`npx -y pnpm@12 api\` and commit it.`,
    )
    process.exitCode = 1
  }
}
