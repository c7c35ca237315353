import { filesThat, read } from './files.ts'

/** Lists the pages whose blocks of TypeScript and JavaScript are whole programs, which a test runs. */
export const PROGRAM_PAGES: readonly string[] = [
  'README.md',
  'packages/client/README.md',
  'packages/connection/README.md',
  'packages/recipes/README.md',
  'packages/admin/README.md',
  'packages/node-zookeeper-client/README.md',
  'docs/shutdown.md',
  'docs/start.md',
  'docs/migrate/from-node-zookeeper-client.md',
  'docs/migrate/from-zookeeper.md',
  'docs/migrate/from-curator.md',
  'docs/migrate/from-kazoo.md',
  'docs/tasks/debug-a-lost-session.md',
  'docs/tasks/leader-election-in-kubernetes.md',
  'docs/tasks/live-configuration.md',
  'docs/tasks/testing-your-service.md',
]

/** A block of code on a page. */
export interface Block {
  /** Name made of its page and its place there. */
  readonly name: string
  readonly language: string
  readonly code: string
  /** Declarations that the block takes for given: those of the comment `given:` before it. */
  readonly given: string
}

const BLOCK = /(?:^<!-- given:\s(.*?)-->\n)?^```(ts|js|java|python)\n(.*?)^```$/gms

/** Lists the blocks of a page in TypeScript and JavaScript that run on zookit. */
export function blocksOf(page: string): Block[] {
  return allBlocksOf(page).filter(({ language, code }) => /^[tj]s$/.test(language) && !NATIVE.test(code))
}

/** Lists the programs of a page for another client: those that a page about a migration has before the new ones. */
export function originalsOf(page: string): Block[] {
  return allBlocksOf(page).filter(
    ({ language, code }) =>
      ['java', 'python'].includes(language) || NATIVE.test(code) || /from 'node-zookeeper-client'/.test(code),
  )
}

/** Finds a program that loads npm's zookeeper. */
const NATIVE = /require\('zookeeper'\)/

function allBlocksOf(page: string): Block[] {
  return [...read(page).matchAll(BLOCK)].map(([, given = '', language, code], index) => ({
    name: `${page.replaceAll('/', '-')}-${index + 1}`,
    language: language!,
    code: code!,
    given,
  }))
}

/** Lists the blocks that are no programs and no files: whoever reads them puts them into a program of their own. */
export function fragments(): Block[] {
  const files = filesThat(/^(packages\/[^/]+\/)?examples\/.*\.ts$/).map(read)
  const pages = filesThat(/^(docs\/.*|.*README|CONTRIBUTING|SECURITY)\.md$/)
  return pages
    .filter(page => !PROGRAM_PAGES.includes(page))
    .flatMap(blocksOf)
    .filter(({ code }) => !files.some(file => file.endsWith(code)))
}
