import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Application, type ProjectReflection } from 'typedoc'
import type { MarkdownApplication } from 'typedoc-plugin-markdown'
import { writePage } from './assemble.ts'
import { PAGES, ROOT, read, SITE } from './pages.ts'
import { eventsPage, optionsPage } from './tables.ts'

/** An entry point of a published package. */
export interface Module {
  /** Path of its pages below `api`. */
  readonly path: string
  /** Name that a program imports. */
  readonly name: string
  readonly file: string
}

const entry = (path: string, file = `packages/${path}/src/index.ts`): Module => ({
  path,
  name: `@zookit/${path}`,
  file,
})

export const MODULES: readonly Module[] = [
  entry('client'),
  entry('recipes'),
  entry('testing'),
  entry('testing/simulate', 'packages/testing/src/simulate/index.ts'),
  entry('admin'),
  entry('console'),
  entry('console/demo', 'packages/console/src/demo.ts'),
  entry('cli'),
  entry('conformance'),
  entry('node-zookeeper-client'),
  entry('opentelemetry'),
  entry('connection'),
  entry('jute'),
  entry('jute/layout', 'packages/jute/src/layout.ts'),
  entry('jute/dissect', 'packages/jute/src/dissect.ts'),
]

/** Options of TypeDoc and of its plugin that prints Markdown. */
const OPTIONS = {
  plugin: ['typedoc-plugin-markdown'],
  tsconfig: join(SITE, 'tsconfig.api.json'),
  // The type checker of the repository is another, newer one.
  skipErrorChecking: true,
  readme: 'none',
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  disableSources: true,
  router: 'member',
  sortEntryPoints: false,
  entryFileName: 'index',
  hidePageHeader: true,
  sanitizeComments: true,
  useHTMLEncodedBrackets: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  propertyMembersFormat: 'table',
  enumMembersFormat: 'table',
  validation: { invalidLink: true, notExported: false, notDocumented: false },
  treatWarningsAsErrors: true,
  logLevel: 'Warn',
} as const

/** Lists what the packages export for programs and the reference lacks. The paths in `lib` are those of another package. */
function unlisted(): string[] {
  const listed = MODULES.map(({ name }) => name)
  return readdirSync(join(ROOT, 'packages')).flatMap(folder => {
    const { name, private: isPrivate, exports = {} } = JSON.parse(read(`packages/${folder}/package.json`))
    if (isPrivate) return []
    const names = Object.keys(exports).filter(path => !/^\.\/(lib\/|package\.json$)/.test(path))
    return names.map(path => `${name}${path.slice(1)}`).filter(each => !listed.includes(each))
  })
}

/** Reads the docstrings of every package, and names the modules as programs import them. */
async function convert(app: MarkdownApplication): Promise<ProjectReflection> {
  const project = await app.convert()
  if (!project) throw new Error('TypeDoc cannot read the packages')
  for (const module of project.children ?? []) {
    // TypeDoc names them by their folders.
    module.name = module.name.replace(/\/src\b/, '')
  }
  app.validate(project)
  if (app.logger.hasErrors() || app.logger.hasWarnings())
    throw new Error('the docstrings have faults: see above')
  return project
}

/** Writes the reference of all packages, and the tables of every option and event. */
export async function writeReference(): Promise<void> {
  const absent = unlisted()
  if (absent.length > 0) throw new Error(`the reference lacks ${absent.join(', ')}`)
  const out = join(PAGES, 'api')
  rmSync(out, { recursive: true, force: true })
  const app = (await Application.bootstrapWithPlugins({
    ...OPTIONS,
    entryPoints: MODULES.map(({ file }) => join(ROOT, file)),
    outputs: [{ name: 'markdown', path: out }],
  } as object)) as MarkdownApplication
  const project = await convert(app)
  await app.generateOutputs(project)
  writePage('reference/options.md', optionsPage(project))
  writePage('reference/events.md', eventsPage(project))
}
