import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, extname, join, posix } from 'node:path'
import { PAGES, type Page, ROOT, read, repositoryPages } from './pages.ts'

const LINK = /(!?\[(?:[^\][]|\[[^\]]*\])*\]\()([^)\s]+)(\))/g

/** Files that a browser shows by itself: a link to one leads to a copy of it. */
const SHOWN_AS_THEY_ARE = new Set(['.svg', '.png', '.json'])

const LANGUAGES: Readonly<Record<string, string>> = { '.ts': 'ts', '.mjs': 'js', '.cjs': 'js', '.md': 'md' }

/** Writes a page of the site, given its path there. */
export function writePage(path: string, text: string): void {
  mkdirSync(dirname(join(PAGES, path)), { recursive: true })
  writeFileSync(join(PAGES, path), text)
}

/** Turns pages of the repository into pages of the site, with the files that they link to. */
export class Assembly {
  readonly #paths = new Map(repositoryPages().map(({ file, path }) => [file, path]))
  readonly #copied = new Set<string>()

  constructor() {
    // The home page stands for the README.
    this.#paths.set('README.md', 'index.md')
  }

  /** Writes all pages. */
  write(): void {
    for (const page of repositoryPages()) this.writeOne(page)
  }

  /** Writes one page. */
  writeOne({ file, path }: Page): void {
    const program = posix.join(dirname(file), 'main.ts')
    const isExample = file.startsWith('examples/') && existsSync(join(ROOT, program))
    const text = isExample ? `${read(file)}\n## The program\n\n${block(program)}` : read(file)
    writePage(path, this.#convert(text, file, path))
  }

  #convert(text: string, file: string, path: string): string {
    // Every second part is a block of code.
    const parts = text.split(/(^ *```[\s\S]*?^ *```$)/m)
    const converted = parts.map((part, index) => (index % 2 === 1 ? part : this.#prose(part, file, path)))
    return converted.join('')
  }

  #prose(text: string, file: string, path: string): string {
    return text
      .replaceAll(/<!--[\s\S]*?-->\n?/g, '')
      .replaceAll(LINK, (_, before, link, after) => `${before}${this.#target(link, file, path)}${after}`)
  }

  /** Returns where a link of a page leads in the site. */
  #target(link: string, file: string, path: string): string {
    if (/^([a-z]+:|#|\/)/.test(link)) return link
    const [target, anchor] = link.split('#') as [string, string?]
    const wanted = posix.join(dirname(file), decodeURI(target)).replace(/\/$/, '')
    const page = this.#paths.get(wanted) ?? this.#copy(wanted, file)
    const hash = anchor === undefined ? '' : `#${anchor}`
    if (!page.endsWith('.md')) return `/${page}`
    const relative = posix.relative(dirname(path), page)
    return `${relative.startsWith('.') ? relative : `./${relative}`}${hash}`
  }

  /** Brings a file that is no page into the site, once. @returns its path there. */
  #copy(wanted: string, file: string): string {
    if (!existsSync(join(ROOT, wanted))) throw new Error(`${file} links to ${wanted}, which is not there`)
    const isFolder = statSync(join(ROOT, wanted)).isDirectory()
    const isShown = !isFolder && SHOWN_AS_THEY_ARE.has(extname(wanted))
    const path = isShown ? `files/${wanted}` : `source/${wanted}.md`
    if (this.#copied.has(path)) return path
    this.#copied.add(path)
    if (isShown) {
      mkdirSync(dirname(join(PAGES, 'public', path)), { recursive: true })
      copyFileSync(join(ROOT, wanted), join(PAGES, 'public', path))
    } else if (isFolder) this.#writeFolder(wanted, path)
    else writePage(path, `# ${wanted}\n\n${block(wanted)}`)
    return path
  }

  #writeFolder(folder: string, path: string): void {
    const entries = readdirSync(join(ROOT, folder), { withFileTypes: true })
    const names = entries.filter(entry => entry.isFile()).map(entry => entry.name)
    const lines = names.sort().map(name => `- [${name}](${basename(folder)}/${name})`)
    // Its links are those of a page beside the folder.
    writePage(path, this.#convert(`# ${folder}\n\n${lines.join('\n')}\n`, folder, path))
  }
}

/** Shows a file as a block of code. */
function block(file: string): string {
  const text = read(file)
  const fence = '`'.repeat(3 + [...text.matchAll(/^`{3,}/gm)].length)
  return `${fence}${LANGUAGES[extname(file)] ?? ''}\n${text.replace(/\n?$/, '\n')}${fence}\n`
}
