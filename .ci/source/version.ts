import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { entriesOf, release } from './changes.ts'

/** Sentence of CHANGELOG.md that ends with the first version. */
const UNPUBLISHED = ' Nothing is published yet.'

/** Files beside the manifests that name the version of the packages. */
export const NAMING_FILES: readonly string[] = [
  'packages/opentelemetry/src/instrumentation.ts',
  'packages/cli/src/commands/session/version.ts',
  'packages/node-zookeeper-client/README.md',
  'docs/cli.md',
  'docs/migrate/from-node-zookeeper-client.md',
]

/** The counts of what a version was made of. */
export interface Made {
  readonly changes: number
}

/**
 * Makes a version of what has changed: moves the files of `changes` and what is unreleased into a section of CHANGELOG.md, and gives
 * every package, and every file that names it, the version.
 *
 * @param root the directory of the repository.
 * @param folders those of the published packages, from the root.
 * @throws Error if nothing has changed, the version is malformed, or a file does not name the version before.
 */
export function makeVersion(root: string, folders: readonly string[], version: string, today: string): Made {
  const text = (file: string): string => readFileSync(join(root, file), 'utf8')
  const { version: before } = JSON.parse(text(`${folders[0]}/package.json`)) as { version: string }
  const names = readdirSync(join(root, 'changes')).filter(
    each => each.endsWith('.md') && each !== 'README.md',
  )
  const entries = names.map(each => entriesOf(text(`changes/${each}`), `changes/${each}`))

  const files = new Map<string, string>()
  const changelog = release(text('CHANGELOG.md'), entries, version, today)
  files.set('CHANGELOG.md', changelog.replace(UNPUBLISHED, ''))
  for (const folder of folders) {
    const file = `${folder}/package.json`
    files.set(file, text(file).replace(/^ {2}"version": ".*"/m, `  "version": "${version}"`))
  }
  for (const file of NAMING_FILES) {
    if (!text(file).includes(before)) throw new Error(`${file} does not name the version ${before}`)
    files.set(file, text(file).replaceAll(before, version))
  }
  for (const [file, contents] of files) writeFileSync(join(root, file), contents)
  for (const each of names) rmSync(join(root, 'changes', each))
  return { changes: names.length }
}
