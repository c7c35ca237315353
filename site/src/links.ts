import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { type HTMLElement, parse } from 'node-html-parser'

/** A built page: the anchors that it has, and where its links lead. */
interface Built {
  readonly ids: ReadonlySet<string>
  readonly links: readonly string[]
}

function readPage(file: string): Built {
  const root = parse(readFileSync(file, 'utf8'))
  const values = (selector: string, attribute: string): string[] =>
    root.querySelectorAll(selector).map((element: HTMLElement) => element.getAttribute(attribute) ?? '')
  return {
    ids: new Set(values('[id]', 'id')),
    links: [...values('a[href], link[href]', 'href'), ...values('img[src], script[src]', 'src')],
  }
}

/** Tells the file that a path of the site leads to, as a plain web server would. */
function fileOf(path: string): string | null {
  const candidates = path.endsWith('/') ? [join(path, 'index.html')] : [path, `${path}.html`]
  return candidates.find(candidate => existsSync(candidate)) ?? null
}

/** Checks every link and image of the pages in a folder, with their anchors. @returns what is wrong. */
export function brokenLinks(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file =>
    file.endsWith('.html'),
  )
  const pages = new Map(files.map(file => [join(folder, file), readPage(join(folder, file))]))
  const base = `/${relative(dirname(folder), folder)}/`
  let count = 0
  const broken = [...pages].flatMap(([page, { links }]) =>
    links.flatMap(link => {
      if (/^[a-z]+:/.test(link)) return []
      count++
      const [path, anchor] = decodeURI(link.replaceAll('&amp;', '&')).split('#') as [string, string?]
      const at = path.indexOf(base)
      const target =
        path === '' ? page : at >= 0 ? join(folder, path.slice(at + base.length)) : join(dirname(page), path)
      const file = fileOf(path.endsWith('/') ? `${target}/` : target)
      const where = `${relative(folder, page)}: ${link}`
      if (file === null) return [`${where} leads nowhere`]
      if (anchor && pages.has(file) && !pages.get(file)!.ids.has(anchor))
        return [`${where} has no such heading`]
      return []
    }),
  )
  console.log(`${pages.size} pages, ${count} links`)
  return [...new Set(broken)]
}
