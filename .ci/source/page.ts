// The page of @zookit/console: TypeScript and CSS in, three files out. esbuild is the build tool that the packages have already, and
// takes a tenth of a second: so the tests build the page that they open, and nobody tests an old one.

import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { noticesOf, writeAll } from './bundle-package.ts'
import { ROOT } from './files.ts'

const SOURCE = join(ROOT, 'packages/console/page')

/** The oldest browsers that have `light-dark()`, which the colours need. */
const BROWSERS = ['chrome123', 'firefox120', 'safari17.5']

/** Builds the page into a folder. */
export async function buildPage(outdir: string): Promise<void> {
  rmSync(outdir, { recursive: true, force: true })
  mkdirSync(outdir, { recursive: true })
  const { outputFiles, metafile } = await build({
    absWorkingDir: SOURCE,
    entryPoints: { page: 'main.tsx' },
    outdir,
    bundle: true,
    minify: true,
    format: 'esm',
    target: BROWSERS,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    write: false,
  })
  writeAll(outputFiles)
  for (const name of ['index.html', 'icon.svg']) copyFileSync(join(SOURCE, name), join(outdir, name))
  writeAll([{ path: join(outdir, 'THIRD-PARTY.txt'), text: noticesOf(SOURCE, Object.keys(metafile.inputs)) }])
}
