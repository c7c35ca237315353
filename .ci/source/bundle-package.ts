import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type BuildOptions, build, type OutputFile, type Plugin, transform } from 'esbuild'

interface Manifest {
  exports: Record<string, { '@zookit/source': string }>
  bin?: Record<string, string>
}

/** The main entry of every package. */
const MAIN = './src/index.ts'

/** Lists the files that a package exports, once each: one file may be exported under two names. */
export function exportedFiles(dir: string): string[] {
  const { exports }: Manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'))
  return [...new Set(Object.values(exports).map(entry => entry['@zookit/source']))]
}

/** Tells if all of a package is one CommonJS program, which bundleProgram makes. */
export function isProgram(dir: string): boolean {
  const { bin = {} }: Manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'))
  return Object.values(bin).some(file => file.endsWith('.cjs'))
}

function entriesOf(dir: string): string[] {
  const { bin = {} }: Manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'))
  const modules = Object.values(bin).filter(file => file.endsWith('.js'))
  const programs = modules.map(file => file.replace('/dist/', '/src/').replace(/\.js$/, '.ts'))
  return [...new Set([...exportedFiles(dir), ...programs])]
}

/** Tells if a package is never published: it is run from its sources. */
export function isPrivate(dir: string): boolean {
  return JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')).private === true
}

/** Removes what an older build left: a chunk's name has its hash in it. */
export function clear(dist: string): void {
  if (!existsSync(dist)) return
  for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (/\.c?js(\.map)?$/.test(file)) rmSync(join(dist, file))
  }
}

/**
 * Gives classes their names back. esbuild makes `var Lock = class _Lock` of a class that refers to itself, so its instances
 * and errors would print as `_Lock`. Inside a class expression its own name means itself, as the name outside does.
 */
export function restoreNames(code: string): string {
  const names = [...code.matchAll(/^(?:var | +)(\w+) = class _\1\b/gm)].map(([, name]) => name!)
  return names.reduce((text, name) => text.replaceAll(new RegExp(`\\b_${name}\\b`, 'g'), name), code)
}

const DECLARED = /^var (?=\w+ = |[{[])/

/**
 * Makes constants of the module's variables that nothing assigns again. esbuild writes every `const` and `class` of a module
 * as `var`. The engine's compiler must then load a function, a class or a typed array again for each use and check that it is
 * the same one; of a constant it knows that, and calls it or inlines it directly. A getData costs 8 % less, an exists
 * 11 % (`pnpm bench:beside`, 1000 in flight).
 */
export async function restoreConstants(code: string): Promise<string> {
  const lines = code.split('\n')
  const constants = lines.map(line => line.replace(DECLARED, 'const '))
  // esbuild tells which constants are assigned, and where they are declared.
  const { warnings } = await transform(constants.join('\n'), { logLevel: 'silent', logLimit: 0 })
  const assigned = warnings.filter(({ id }) => id === 'assign-to-constant')
  for (const { notes } of assigned) {
    const line = notes[0]!.location!.line - 1
    constants[line] = lines[line]!
  }
  return constants.join('\n')
}

/** Returns esbuild's options for the files of a package: whatever they share is a chunk. */
export function optionsFor(dir: string, outdir: string, files: readonly string[]): BuildOptions {
  return {
    absWorkingDir: dir,
    entryPoints: [...files],
    outdir,
    outbase: 'src',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    logLevel: 'warning',
    write: false,
  }
}

/**
 * Lets the other entries of a package import from the file of the main one. What several entries share is a chunk, and each file more
 * takes an import of the main entry 0.5 ms; what they import from `index.ts` stays in that entry's file.
 */
export function fromMainEntry(dir: string, extension: string): Plugin {
  const main = join(dir, MAIN)
  return {
    name: 'main entry',
    setup({ onResolve }) {
      onResolve({ filter: /\/index\.ts$/ }, ({ path, kind, resolveDir }) => {
        const isMain = kind !== 'entry-point' && resolve(resolveDir, path) === main
        return isMain ? { path: `./index${extension}`, external: true } : undefined
      })
    },
  }
}

/** Returns the licences of the packages whose code was taken in. */
export function noticesOf(dir: string, inputs: readonly string[]): string {
  const folders = inputs.flatMap(input => /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? [])
  const texts = [...new Set(folders)].sort().map(folder => {
    const licence = readdirSync(join(dir, folder)).find(file => /^licen[cs]e/i.test(file))
    if (licence === undefined) throw new Error(`${folder} has no licence to pass on`)
    return `${folder.replace(/^.*node_modules\//, '')}\n\n${readFileSync(join(dir, folder, licence), 'utf8').trim()}\n`
  })
  return texts.join(`\n${'-'.repeat(80)}\n\n`)
}

/** Writes files, and the folders that they lie in. */
export function writeAll(files: Iterable<{ path: string; text: string }>): void {
  for (const { path, text } of files) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
}

/**
 * Bundles entries into files of a folder. What they share is a chunk, and so are the helpers of esbuild. Where the main entry shares
 * nothing else, it is bundled for itself.
 */
async function bundleEntries(dir: string, outdir: string, entries: readonly string[]): Promise<OutputFile[]> {
  const { outputFiles, metafile } = await build({
    ...optionsFor(dir, outdir, entries),
    packages: 'external',
    plugins: [fromMainEntry(dir, '.js')],
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    write: false,
  })
  const main = Object.values(metafile.outputs).find(({ entryPoint }) => `./${entryPoint}` === MAIN)
  const chunks = main?.imports.filter(({ kind, external }) => kind === 'import-statement' && !external) ?? []
  const isAlone = chunks.every(({ path }) => Object.keys(metafile.outputs[path]!.inputs).length === 0)
  if (entries.length === 1 || chunks.length === 0 || !isAlone) return outputFiles
  const others = entries.filter(entry => entry !== MAIN)
  return [...(await bundleEntries(dir, outdir, [MAIN])), ...(await bundleEntries(dir, outdir, others))]
}

/**
 * Bundles the entries of a package into a folder: one file to find and load instead of dozens, which makes an import of
 * @zookit/client some four times as quick. The sources are published beside, so the maps do not repeat them.
 */
export async function bundle(dir: string, outdir: string): Promise<void> {
  clear(outdir)
  const restored = async ({ path, text }: OutputFile) => ({
    path,
    text: path.endsWith('.js') ? await restoreConstants(restoreNames(text)) : text,
  })
  const files = await bundleEntries(dir, outdir, entriesOf(dir))
  writeAll(await Promise.all(files.map(restored)))
}
