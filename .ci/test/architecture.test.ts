import { basename } from 'node:path'
import { expect } from 'chai'
import { filesThat, read } from '../source/files.ts'

const PAGE = 'docs/architecture.md'

/** Matches a file's name, or its path from a place that the section makes clear. */
const FILE = /(?<![\w@./#-])(?:[\w.-]+\/)*[\w-]+(?:\.[\w-]+)*\.(?:ts|json|jute)\b/g
/** Matches a folder's name in a diagram or in code. */
const FOLDER = /(?<=[\s`])(?:[\w.-]+\/)+(?=[\s`])/g
/** Matches `Class`, `Class.member` and `Class.#member` in code. */
const NAME = /`([A-Z][a-z]\w+)(?:\.(#?\w+))?(?:\(\))?`/g

const files = filesThat(/./)
const PACKAGES = [
  ...new Set(files.flatMap(file => /^packages\/([\w-]+)\/package.json$/.exec(file)?.[1] ?? [])),
]
const folders = new Set(
  files.flatMap(file => file.split('/').map((_, depth, parts) => parts.slice(0, depth).join('/'))),
)

interface Section {
  heading: string
  text: string
}

/** Returns the sections of the page. Those before the first `##` heading have the heading ''. */
function sections(): Section[] {
  return read(PAGE)
    .split(/^## /m)
    .map((text, index) => ({ heading: index === 0 ? '' : text.slice(0, text.indexOf('\n')), text }))
}

/** Returns the folder that a section's short names start from: a package's sources, or the repository. */
const homeOf = ({ heading }: Section): string => (PACKAGES.includes(heading) ? `packages/${heading}/src` : '')

/** Finds what a name stands for: a path from the root, from `packages`, or a place within the section's home. */
function find(name: string, home: string, among: Iterable<string>): string[] {
  const all = [...among]
  const exact = all.filter(path => path === name || path === `packages/${name}` || path === `${home}/${name}`)
  return exact.length > 0 ? exact : all.filter(path => path.startsWith(home) && path.endsWith(`/${name}`))
}

function wrongNames(section: Section, pattern: RegExp, among: Iterable<string>): string[] {
  const names = [...section.text.matchAll(pattern)].map(([name]) => name.replace(/\/$/, ''))
  return names.flatMap(name => {
    const found = find(name, homeOf(section), among)
    if (found.length === 1) return []
    return `"${section.heading}": ${name} is ${found.length === 0 ? 'nowhere' : `one of ${found.join(', ')}`}`
  })
}

/** Returns the sources in which a section's classes and members are looked up. */
function sourcesOf(section: Section): string[] {
  const home = homeOf(section) || 'packages/'
  return files
    .filter(file => file.startsWith(home) && file.endsWith('.ts') && file.includes('/src/'))
    .map(read)
}

function unknownNames(section: Section): string[] {
  const sources = sourcesOf(section)
  return [...section.text.matchAll(NAME)].flatMap(([code, name, member]) => {
    const declaring = sources.filter(text => new RegExp(`(class|interface|type|const) ${name}\\b`).test(text))
    if (declaring.length === 0) return `"${section.heading}": ${code} is declared nowhere`
    if (!member || declaring.some(text => new RegExp(`(?<![\\w#])${member}\\b`).test(text))) return []
    return `"${section.heading}": ${code} is no member`
  })
}

describe(PAGE, () => {
  const all = sections()

  for (const name of PACKAGES) {
    it(`has a section with a diagram for ${name}`, () => {
      const section = all.find(({ heading }) => heading === name)
      expect(section?.text).to.match(/^```$/m)
    })

    it(`tells what each folder of ${name} is for`, () => {
      const text = all.find(({ heading }) => heading === name)?.text
      const source = `packages/${name}/src`
      const rooms = [...folders].filter(folder => /^[^/]+$/.test(folder.slice(source.length + 1)))
      for (const room of rooms.filter(folder => folder.startsWith(`${source}/`))) {
        expect(text, room).to.include(`${basename(room)}/`)
      }
    })
  }

  it('names files that exist, each without a doubt', () => {
    expect(all.flatMap(section => wrongNames(section, FILE, files))).to.deep.equal([])
  })

  it('names folders that exist', () => {
    expect(all.flatMap(section => wrongNames(section, FOLDER, folders))).to.deep.equal([])
  })

  it('names classes that exist, with members that they have', () => {
    expect(all.flatMap(unknownNames)).to.deep.equal([])
  })
})
