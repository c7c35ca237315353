// Builds the sources of all packages, and the programs among them, in some chunks, for the tests that start programs: tsx loads each of
// their hundreds of files in every process anew, which took half of the CPU of a run of all tests. The programs keep their paths: a hook
// of the loader leads each import to what was built. What is built stays for one process of tests: nobody runs an old one.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { exportedFiles, isPrivate } from './bundle-package.ts'
import { filesThat, ROOT } from './files.ts'

const LOADER = new URL('../loader/built.mjs', import.meta.url).href

/** The programs that tests start, some of which are their own. */
const PROGRAMS = [
  /^packages\/(cli|conformance)\/src\/main\.ts$/,
  /^packages\/testing\/src\/bin\.ts$/,
  /^packages\/[^/]+\/examples\/[^/]+\.ts$/,
  /^packages\/recipes\/test\/(contention\/worker|support\/(stopped-holder|retrying))\.ts$/,
  /^examples\/(?!.*test).*\.ts$/,
  /^benchmarks\/src\/.*\.ts$/,
]

/** Leaves the packages of others where they are, and tells each module its own place. */
const inPlace: Plugin = {
  name: 'in place',
  setup({ onResolve, onLoad, resolve: find }) {
    onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, pluginData }) => {
      if (kind === 'entry-point' || pluginData === inPlace) return undefined
      if (path.startsWith('node:')) return { path, external: true }
      const found = await find(path, { kind, resolveDir, pluginData: inPlace })
      if (found.errors.length > 0 || found.external) return { path, external: true }
      return found.path.endsWith('.ts') ? { path: found.path } : { path: found.path, external: true }
    })
    onLoad({ filter: /\.m?ts$/ }, ({ path }) => {
      const contents = readFileSync(path, 'utf8')
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
        .replaceAll('import.meta.filename', JSON.stringify(path))
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
      return { contents, loader: 'ts' }
    })
  },
}

/** Lists the files from the root that something else begins with: exports of packages, and programs. */
function entries(): string[] {
  const packages = filesThat(/^packages\/[^/]+\/package\.json$/).map(file => dirname(file))
  const published = packages.filter(dir => !isPrivate(join(ROOT, dir)))
  const exported = published.flatMap(dir => exportedFiles(join(ROOT, dir)).map(file => join(dir, file)))
  return [...new Set([...exported, ...PROGRAMS.flatMap(filesThat)])]
}

async function buildSources(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'zookit-built-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const files = entries()
  await build({
    absWorkingDir: ROOT,
    entryPoints: files,
    outdir: folder,
    outbase: ROOT,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    keepNames: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    conditions: ['@zookit/source'],
    sourcemap: true,
    logLevel: 'warning',
    plugins: [inPlace],
  })
  const urlOf = (file: string): string => pathToFileURL(file).href
  const built = files.map(file => [
    urlOf(join(ROOT, file)),
    urlOf(join(folder, file.replace(/\.ts$/, '.mjs'))),
  ])
  const register = join(folder, 'register.mjs')
  const data = JSON.stringify(Object.fromEntries(built))
  writeFileSync(
    register,
    `import { register } from 'node:module'\nprocess.setSourceMapsEnabled(true)\nregister(${JSON.stringify(LOADER)}, { data: ${data} })\n`,
  )
  return register
}

let register: Promise<string> | undefined

/** Returns the options of Node with which a program runs from its sources. */
export async function sourceFlags(): Promise<string[]> {
  register ??= buildSources()
  return [`--import=${pathToFileURL(await register)}`, '--conditions=@zookit/source']
}
