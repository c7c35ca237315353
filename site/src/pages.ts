import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const SITE: string = fileURLToPath(new URL('..', import.meta.url))
export const ROOT: string = join(SITE, '..')

/** Folder of the pages that VitePress reads: everything in it is made by `assemble` and `writeReference`. */
export const PAGES: string = join(SITE, '.pages')

/** Folder of the built site: one folder for each version. */
export const DIST: string = join(SITE, 'dist')

/** A page of the site: a Markdown file of the repository, and where the site has it. */
export interface Page {
  /** Path of the file, from the repository's root. */
  readonly file: string
  /** Path of the page, from the site's root, with `.md`. */
  readonly path: string
}

/** Pages outside docs, and their places. */
const OTHERS: Readonly<Record<string, string>> = {
  'site/home.md': 'index.md',
  'CHANGELOG.md': 'changelog.md',
  'CONTRIBUTING.md': 'contributing.md',
  'changes/README.md': 'changes.md',
  'SECURITY.md': 'security-policy.md',
  'THIRD-PARTY.md': 'third-party.md',
  'benchmarks/README.md': 'benchmarks.md',
  'examples/README.md': 'examples/index.md',
  'protocol-spec/SPEC.md': 'protocol.md',
  'test-fixtures/README.md': 'test-fixtures.md',
}

/** Reads a file, given its path from the repository's root. */
export function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

/** Lists the folders in a folder of the repository that have a README. */
function foldersWithReadme(folder: string): string[] {
  return readdirSync(join(ROOT, folder))
    .filter(name => existsSync(join(ROOT, folder, name, 'README.md')))
    .sort()
}

/** Lists every page that comes from a file of the repository. */
export function repositoryPages(): Page[] {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
  return [
    ...docs
      .filter(file => file.endsWith('.md'))
      .sort()
      .map(file => ({ file: `docs/${file}`, path: file.replace(/README\.md$/, 'index.md') })),
    ...['packages', 'examples'].flatMap(folder =>
      foldersWithReadme(folder).map(name => ({
        file: `${folder}/${name}/README.md`,
        path: `${folder}/${name}.md`,
      })),
    ),
    ...Object.entries(OTHERS).map(([file, path]) => ({ file, path })),
  ]
}

/** Returns the first heading of a page. */
export function titleOf(text: string): string {
  const [, title] = /^# (.*)$/m.exec(text) ?? []
  if (title === undefined) throw new Error(`no heading in ${text.slice(0, 80)}`)
  return title.replaceAll('`', '')
}
