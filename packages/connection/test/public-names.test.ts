import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'

const PACKAGES = new URL('../../', import.meta.url)

/** Returns the declarations of a package's sources: name to whether it has a docstring. */
function declarationsOf(name: string): Map<string, boolean> {
  const source = new URL(`${name}/src/`, PACKAGES)
  const found = new Map<string, boolean>()
  for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue
    const text = readFileSync(new URL(file, source), 'utf8')
    const declaration =
      /^(.*)\nexport (?:abstract |async )*(?:class|interface|function|type|const|enum)[ *]+(\w+)/gm
    for (const [, before, declared] of text.matchAll(declaration)) {
      const isDocumented = before!.trimEnd().endsWith('*/')
      found.set(declared!, isDocumented || found.get(declared!) === true)
    }
  }
  return found
}

/** Returns the names that a package's entries export from its own files. */
function exportsOf(name: string): string[] {
  const { exports } = JSON.parse(readFileSync(new URL(`${name}/package.json`, PACKAGES), 'utf8'))
  const entries = Object.values(exports as Record<string, { '@zookit/source'?: string }>)
  const names = entries.flatMap(entry => {
    const file = entry['@zookit/source']
    if (file === undefined) return []
    const text = readFileSync(new URL(`${name}/${file}`, PACKAGES), 'utf8')
    const lists = [...text.matchAll(/^export (?:type )?\{([^}]*)\} from '\./gm)]
    return lists.flatMap(([, list]) => list!.split(',').map(each => each.replace('type ', '').trim()))
  })
  return names.filter(each => each !== '').map(each => each.split(' as ').at(-1)!)
}

/** Tells whether a package is published: only those have public names. */
function isPublished(name: string): boolean {
  return !JSON.parse(readFileSync(new URL(`${name}/package.json`, PACKAGES), 'utf8')).private
}

describe('Every public name has a docstring', () => {
  for (const name of readdirSync(PACKAGES).filter(isPublished)) {
    it(`in @zookit/${name}`, () => {
      const declared = declarationsOf(name)
      const names = exportsOf(name)
      expect(names).to.not.be.empty
      expect(names.filter(each => declared.get(each) !== true)).to.deep.equal([])
    })
  }
})
