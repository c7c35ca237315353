import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect } from 'chai'
import { clients } from '../../benchmarks/src/clients.ts'
import { loads } from '../../benchmarks/src/loads.ts'
import { filesThat, ROOT, read } from '../source/files.ts'

const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g
const SCRIPT = /(?:npm run|pnpm(?:@12)?(?: run)?) ((?!run\b|install\b|exec\b|publish\b)[a-z][\w:-]*)/g

const MEASURED = /\bbench [^`\n]*?--(load|client) ([\w,-]+)|\bbench:budget --(only) ([\w,]+)/g

/** Finds an address, but for one of this machine, one that stands for others, and one that a program puts together. */
const EXTERNAL =
  /\bhttps?:\/\/(?!127\.0\.0\.1|localhost|[\w.-]*example\b|[$\s{<[])[^\s)\]>"'`|,;\\}]*[^\s)\]>"'`|,;\\}.]/g

const pages = filesThat(/\.md$/)
const scripts = Object.keys(JSON.parse(read('package.json')).scripts)

/** Returns the names of the parts that `bench:budget --only` takes. */
function budgetParts(): string[] {
  const [, table = ''] = /const PARTS[^{]*\{\n([^}]*)\}/.exec(read('benchmarks/src/budget.ts')) ?? []
  return [...table.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name!)
}

/** Returns the anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  const headings = [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!)
  return headings.map(heading =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  )
}

/** Tells what is wrong with a link of a page, or null. */
function fault(page: string, link: string): string | null {
  if (/^[a-z]+:/.test(link)) return null
  const [path, anchor] = link.split('#') as [string, string?]
  const target = path === '' ? page : normalize(join(dirname(page), decodeURI(path)))
  if (!existsSync(join(ROOT, target))) return `${page}: ${link} leads nowhere`
  if (anchor && target.endsWith('.md') && !anchorsOf(target).includes(anchor)) {
    return `${page}: ${target} has no heading for #${anchor}`
  }
  return null
}

describe('the pages', () => {
  it('link to files and headings that exist', () => {
    const faults = pages.flatMap(page => [...read(page).matchAll(LINK)].map(([, link]) => fault(page, link!)))
    expect(faults.length).to.be.greaterThan(100)
    expect(faults.filter(each => each !== null)).to.deep.equal([])
  })

  it('link by addresses of the list that were compared with their projects, as comments do, and all of them', () => {
    const listed = read('.ci/source/external-links.txt')
      .split('\n')
      .filter(line => line.startsWith('https:'))
    const files = [
      ...pages,
      ...filesThat(/^(packages\/[^/]+|examples)\/(src|page|examples|[^/]+)\/.*\.tsx?$/),
    ]
    const named = files
      .filter(file => !/^api\/|\/tests?[/.]|\.test\.ts$/.test(file))
      .flatMap(file => [...read(file).matchAll(EXTERNAL)].map(([address]) => ({ file, address })))
    expect(named.filter(({ address }) => !listed.includes(address))).to.deep.equal([])
    expect([...new Set(named.map(({ address }) => address))].sort()).to.deep.equal(listed)
  })

  it('show every picture that is kept', () => {
    const shown = pages.flatMap(page =>
      [...read(page).matchAll(LINK)].map(([, link]) => normalize(join(dirname(page), link!))),
    )
    const pictures = filesThat(/^docs\/pictures\//)
    expect(pictures.length).to.be.greaterThan(10)
    expect(pictures.filter(each => !shown.includes(each))).to.deep.equal([])
  })

  it('say what `await using` needs where their first program uses it', () => {
    const silent = pages.filter(page => {
      const [, first = ''] = /^```(?:ts|js)\n(.*?)^```/ms.exec(read(page)) ?? []
      return (
        first.includes('await using') &&
        !/`await using[^`]*`(?!`)[\s\S]*?Node 24/.test(read(page).replace(first, ''))
      )
    })
    expect(silent).to.deep.equal([])
  })

  it('name scripts that the root package has', () => {
    const unknown = pages.flatMap(page =>
      [...read(page).matchAll(SCRIPT)]
        .filter(([, script]) => !scripts.includes(script!))
        .map(([command]) => `${page}: ${command}`),
    )
    expect(unknown).to.deep.equal([])
  })

  it('name loads, clients and parts of the budget that the benchmarks have, as comments do', () => {
    const known: Readonly<Record<string, readonly string[]>> = {
      load: [...Object.keys(loads), 'all'],
      client: [...clients.map(({ name }) => name), 'all'],
      only: budgetParts(),
    }
    const commands = [...pages, ...filesThat(/\/src\/.*\.ts$/)].flatMap(file =>
      [...read(file).matchAll(MEASURED)].map(([command, option = 'only', names, , parts]) => {
        const unknown = (names ?? parts!).split(',').filter(name => !known[option]!.includes(name))
        return unknown.length > 0 ? `${file}: ${command}: there is no ${unknown.join()}` : null
      }),
    )
    expect(commands).to.have.length.greaterThan(10)
    expect(commands.filter(each => each !== null)).to.deep.equal([])
  })
})
