import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url))

interface Manifest {
  exports: Record<string, { '@zookit/source': string }>
}

/** A folder with the package in its node_modules under the alias, built as for npm, its own dependencies inside. */
export class Installed implements AsyncDisposable {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async build(): Promise<Installed> {
    const folder = mkdtempSync(join(tmpdir(), 'zookit-alias-'))
    const home = join(folder, 'node_modules/node-zookeeper-client')
    mkdirSync(home, { recursive: true })
    copyFileSync(join(PACKAGE, 'package.json'), join(home, 'package.json'))
    const { exports }: Manifest = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'))
    await build({
      absWorkingDir: PACKAGE,
      entryPoints: [...new Set(Object.values(exports).map(entry => entry['@zookit/source']))],
      outdir: join(home, 'dist'),
      outbase: 'src',
      bundle: true,
      splitting: true,
      conditions: ['@zookit/source'],
      format: 'esm',
      platform: 'node',
      target: 'node20.19',
      logLevel: 'silent',
    })
    return new Installed(folder)
  }

  /** Runs a program of Node's in the folder. @returns what it prints. @throws Error if it fails. */
  async run(name: string, program: string, ...args: string[]): Promise<string> {
    const file = join(this.#folder, name)
    writeFileSync(file, program)
    const { stdout } = await promisify(execFile)(process.execPath, [file, ...args], { cwd: this.#folder })
    return stdout
  }

  async [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.#folder, { recursive: true })
  }
}
