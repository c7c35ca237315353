// The CommonJS files of a package. Node itself does not load them: the condition `module-sync` leads its `require` to the ES
// modules, so that there is one copy. They are for Jest and for others whose `require` knows no ES modules.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Plugin, transform } from 'esbuild'
import {
  exportedFiles,
  fromMainEntry,
  noticesOf,
  optionsFor,
  restoreConstants,
  restoreNames,
  writeAll,
} from './bundle-package.ts'

/** The dependencies that are ES modules only: the CommonJS files contain them. */
const INLINED = new Set(['p-queue'])

const NOTICES = 'THIRD-PARTY.txt'

/** Tells if a package has CommonJS files. */
export function hasCommonJs(dir: string): boolean {
  return JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')).main?.endsWith('.cjs') === true
}

/** Leaves imports of other packages as they are, except those that `require` could not load. */
const externals: Plugin = {
  name: 'externals',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, importer, kind }) => {
      if (kind === 'entry-point' || INLINED.has(path)) return undefined
      if (importer.includes('/node_modules/') && !path.startsWith('node:')) return undefined
      return { path, external: true }
    })
  },
}

/** Turns an ES module into a CommonJS one. Where it has an export `module.exports`, `require` returns that, as in Node. */
async function toCommonJs(code: string): Promise<string> {
  const options = { format: 'cjs', platform: 'node', target: 'node20.19', logLevel: 'warning' } as const
  const result = await transform(code, { ...options, supported: { 'dynamic-import': false } })
  const text = await restoreConstants(restoreNames(result.code))
  return /^ {2}"module\.exports": /m.test(text)
    ? `${text}module.exports = module.exports["module.exports"];\n`
    : text
}

/** Bundles the exported files of a package into a folder, as CommonJS files with the extension `.cjs`. */
export async function bundleCommonJs(dir: string, outdir: string): Promise<void> {
  if (!existsSync(join(dir, 'package.json')) || !hasCommonJs(dir)) return
  const { outputFiles, metafile } = await build({
    ...optionsFor(dir, outdir, exportedFiles(dir)),
    plugins: [fromMainEntry(dir, '.cjs'), externals],
    outExtension: { '.js': '.cjs' },
    metafile: true,
    write: false,
  })
  const files = outputFiles.map(async ({ path, text }) => ({ path, text: await toCommonJs(text) }))
  writeAll(await Promise.all(files))
  const notices = noticesOf(dir, Object.keys(metafile.inputs))
  if (notices !== '') writeAll([{ path: join(outdir, NOTICES), text: notices }])
}
