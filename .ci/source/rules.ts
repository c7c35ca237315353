// Rules that Biome cannot express. Each takes the files it is to judge, so that a test can hand it bad ones, and returns one
// sentence for each fault.

import { dirname, join } from 'node:path'

/** One file of ours: its path from the repository's root, and its text. */
export interface Source {
  path: string
  text: string
}

const MOST_FILES = 16

/** Lists folders of like handlers, one an operation: they grow with ZooKeeper, not with us. */
const HANDLERS = new Set(['packages/testing/src/operations'])

/** Finds folders of connection and testing with more files than one can take in at a glance. */
export function crowdedFolders(sources: readonly Source[]): string[] {
  const counts = new Map<string, number>()
  for (const { path } of sources) {
    if (!/^packages\/(connection|testing)\/(src|test)\//.test(path)) continue
    counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1)
  }
  return [...counts]
    .filter(([folder, count]) => count > MOST_FILES && !HANDLERS.has(folder))
    .map(([folder, count]) => `${folder}: has ${count} files; at most ${MOST_FILES}: sort them into folders`)
}

const ROOMS = /^(packages\/(?:connection|testing|client|recipes)\/src)\/([\w-]+)\//
const IMPORT = /\bfrom '(\.[^']+)'/g

/** Finds pairs of folders of one package that import each other: arrows between folders go one way, types included. */
export function twoWayFolders(sources: readonly Source[]): string[] {
  const arrows = new Map<string, string>()
  for (const { path, text } of sources) {
    const [, root, from] = ROOMS.exec(path) ?? []
    for (const { 1: file } of text.matchAll(IMPORT)) {
      const [, other, to] = ROOMS.exec(join(dirname(path), file!)) ?? []
      if (root !== undefined && root === other && from !== to) arrows.set(`${root}: ${from} -> ${to}`, path)
    }
  }
  return [...arrows].flatMap(([arrow, path]) => {
    const [, root, from, to] = /^(.*): (.*) -> (.*)$/.exec(arrow)!
    const back = arrows.get(`${root}: ${to} -> ${from}`)
    if (back === undefined || from! > to!) return []
    return [
      `${root}: ${from} and ${to} import each other, as in ${path} and ${back}; let one of them need the other`,
    ]
  })
}

const REFUSED =
  'What|Whether|Who|Whom|Whose|How|When|Where|Which|Why|That|Those|This|These|It|As|If|' +
  'In|On|Of|By|With|Without|For|From|About|Such|There|While'
const REFUSED_OPENING = new RegExp(`/\\*\\*[\\s*]*(${REFUSED})\\b`, 'g')

/** Finds docstrings that begin with a word such as "What": the reader wants a verb (functions) or a noun (types, fields). */
export function questioningDocstrings(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) =>
    [...text.matchAll(REFUSED_OPENING)].map(({ 1: word, index }) => {
      const line = text.slice(0, index).split('\n').length
      return `${path}:${line}: a docstring begins with "${word}"; begin with a verb (functions) or a noun (types, fields)`
    }),
  )
}

const SUBCLASS = /\bclass (\w+) extends (\w+)/g

/** Collects the names of ZooKeeperError, JuteError and their subclasses. */
function errorClasses(sources: readonly Source[]): Set<string> {
  const names = new Set(['ZooKeeperError', 'JuteError'])
  const pairs = sources.flatMap(({ text }) =>
    [...text.matchAll(SUBCLASS)].map(([, name, base]) => [name!, base!]),
  )
  for (let size = 0; size < names.size; ) {
    size = names.size
    for (const [name, base] of pairs) if (names.has(base!)) names.add(name!)
  }
  return names
}

/**
 * Finds decisions by `instanceof` on an error of ours, in packages, examples and pages. An application may have two copies of
 * a package, and each has a class of its own: `ZooKeeperError.is` recognises the errors of both.
 */
export function errorsByClass(sources: readonly Source[]): string[] {
  const decision = new RegExp(`\\binstanceof (${[...errorClasses(sources)].join('|')})\\b`, 'g')
  return sources
    .filter(({ path }) => /^(packages\/[\w-]+\/(src|examples)|examples)\/|\.md$/.test(path))
    .flatMap(({ path, text }) =>
      [...text.matchAll(decision)].map(({ 1: name, index }) => {
        const line = text.slice(0, index).split('\n').length
        return `${path}:${line}: tells an error by instanceof ${name}; another copy has another class: use ${name}.is(error)`
      }),
    )
}
