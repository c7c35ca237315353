import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** Loads a module, stripped of its types if it has any. Called by Node. */
export async function load(url, context, next) {
  if (!url.startsWith('file:') || !/\.m?ts$/.test(url)) return next(url, context)
  const { transform } = await import('esbuild')
  const sourcefile = fileURLToPath(url)
  const options = { loader: 'ts', target: 'es2023', sourcemap: 'inline', sourcefile, tsconfigRaw: {} }
  const { code } = await transform(await readFile(sourcefile, 'utf8'), options)
  return { format: 'module', source: code, shortCircuit: true }
}
