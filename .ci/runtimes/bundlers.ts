/** A bundler: what to fetch, and a program that bundles `input` into `output` in a format, `esm` or `cjs`. */
export interface Bundler {
  name: string
  packages: readonly string[]
  program: string
}

const HEAD =
  "const [input, output, format] = process.argv.slice(2)\nimport { basename, dirname } from 'node:path'\n"

export const bundlers: readonly Bundler[] = [
  {
    name: 'esbuild',
    packages: ['esbuild'],
    program: `${HEAD}
import { build } from 'esbuild'
await build({ entryPoints: [input], outfile: output, format, bundle: true, platform: 'node', logLevel: 'warning' })
`,
  },
  {
    name: 'rollup',
    packages: ['rollup', '@rollup/plugin-node-resolve', '@rollup/plugin-commonjs'],
    program: `${HEAD}
import { rollup } from 'rollup'
import resolve from '@rollup/plugin-node-resolve'
import commonjs from '@rollup/plugin-commonjs'
const plugins = [resolve({ preferBuiltins: true, exportConditions: ['node'] }), commonjs()]
const bundle = await rollup({ input, plugins, external: /^node:/ })
await bundle.write({ file: output, format, inlineDynamicImports: true })
`,
  },
  {
    name: 'webpack',
    packages: ['webpack'],
    program: `${HEAD}
import webpack from 'webpack'
const isModule = format === 'esm'
const options = {
  mode: 'production',
  target: 'node20',
  entry: input,
  output: {
    path: dirname(output),
    filename: basename(output),
    ...(isModule ? { module: true, library: { type: 'module' }, chunkFormat: 'module' } : {}),
  },
  experiments: { outputModule: isModule },
  ignoreWarnings: [/Critical dependency/],
}
webpack(options, (error, stats) => {
  if (error === null && !stats.hasErrors()) return
  console.error(error ?? stats.toString())
  process.exitCode = 1
})
`,
  },
  {
    name: 'vite',
    packages: ['vite'],
    program: `${HEAD}
import { build } from 'vite'
const rollupOptions = { output: { entryFileNames: basename(output), format } }
await build({
  logLevel: 'warn',
  ssr: { noExternal: true, target: 'node' },
  build: { ssr: input, outDir: dirname(output), emptyOutDir: false, rollupOptions },
})
`,
  },
]
