// The program of the command line as two CommonJS files: one that a process begins with, and one that has all commands, from which the
// package's exports are taken, too. They contain
// the packages that nearly every command needs: to find and load each of them takes a process longer than the request.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BuildOptions, build, type Plugin, transform } from 'esbuild'
import { clear, noticesOf, restoreNames, writeAll } from './bundle-package.ts'

/** The packages that a few commands load when they run. */
const LOADED_LATER = new Set(['@zookit/conformance', '@zookit/console', '@zookit/testing'])

/**
 * Name of the function that imports for the program. Node warns of an `import()` in code that it has not compiled itself, so the first file
 * does it.
 */
const LOAD = 'IMPORT_FROM_MAIN'

/** Leaves what the manifest of the program names for `require`, except this project's own packages. */
function externals(dependencies: readonly string[]): Plugin {
  return {
    name: 'externals',
    setup({ onResolve }) {
      onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
        const name = /^(@[^/]+\/)?[^/]+/.exec(path)![0]
        if (kind === 'entry-point') return undefined
        const isLeft = LOADED_LATER.has(name) || name === 'kerberos' || path.startsWith('node:')
        return isLeft || (dependencies.includes(name) && !name.startsWith('@zookit/'))
          ? { path, external: true }
          : undefined
      })
    },
  }
}

/** Makes code shorter. Names stay: messages, `util.inspect` and stacks have those of classes and functions. */
async function compact(text: string): Promise<string> {
  const options = { minifyWhitespace: true, minifySyntax: true, target: 'node20.19' } as const
  return (await transform(restoreNames(text), options)).code
}

const PROGRAM_AND_EXPORTS = "export * from './index.ts'; export { main } from './program.ts'"

/** Makes the ES module that has the exports of a package, out of the file that has all of its code. */
async function exportsOf(dir: string, file: string): Promise<string> {
  const { metafile } = await build({
    absWorkingDir: dir,
    entryPoints: ['src/index.ts'],
    outfile: 'index.js',
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    metafile: true,
    write: false,
  })
  const names = metafile.outputs['index.js']!.exports.sort()
  return `import program from './${file}'\n\nexport const { ${names.join(', ')} } = program\n`
}

/** Bundles the program of a package, and its exports, into a folder. */
export async function bundleProgram(dir: string, outdir: string): Promise<void> {
  const { dependencies } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'))
  const options = {
    absWorkingDir: dir,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    conditions: ['@zookit/source'],
    plugins: [externals(Object.keys(dependencies))],
    legalComments: 'none',
    metafile: true,
    write: false,
    logLevel: 'warning',
  } as const satisfies BuildOptions
  const program = await build({
    ...options,
    stdin: { contents: PROGRAM_AND_EXPORTS, resolveDir: join(dir, 'src'), sourcefile: 'program.js' },
    define: { 'import.meta.dirname': '__dirname' },
    banner: { js: `"use strict";const ${LOAD}=require("./main.cjs").load;` },
  })
  const text = (await compact(program.outputFiles[0]!.text)).replaceAll(/\bimport\(/g, `${LOAD}(`)
  const name = `program-${createHash('sha256').update(text).digest('hex').slice(0, 16)}.cjs`
  const main = await build({
    ...options,
    entryPoints: ['src/bin/main.ts'],
    define: { PROGRAM: JSON.stringify(name) },
  })
  clear(outdir)
  writeAll([
    { path: join(outdir, name), text },
    { path: join(outdir, 'index.js'), text: await exportsOf(dir, name) },
    { path: join(outdir, 'main.cjs'), text: await compact(main.outputFiles[0]!.text) },
    { path: join(outdir, 'THIRD-PARTY.txt'), text: noticesOf(dir, Object.keys(program.metafile.inputs)) },
  ])
}
