import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { read } from '../source/files.ts'
import { PROGRAM } from './program.ts'
import { type Result, runAll } from './result.ts'

/** The TypeScript releases, oldest first; the last one is that of this repository. */
export const compilers: readonly string[] = [
  '5.4',
  '5.5',
  '5.6',
  '5.7',
  '5.8',
  '5.9',
  '6.0',
  /^ {2}typescript: (.*)$/m.exec(read('pnpm-workspace.yaml'))![1]!,
]

/** A way in which projects let TypeScript find and load modules. */
interface Resolution {
  name: string
  type: 'module' | 'commonjs'
  options: Record<string, unknown>
  /** False where a bundler comes between the compiler and Node. */
  isRun: boolean
}

export const resolutions: readonly Resolution[] = [
  { name: 'NodeNext, ES modules', type: 'module', options: { module: 'NodeNext' }, isRun: true },
  { name: 'NodeNext, CommonJS', type: 'commonjs', options: { module: 'NodeNext' }, isRun: true },
  {
    name: 'Bundler',
    type: 'module',
    options: { module: 'ESNext', moduleResolution: 'Bundler' },
    isRun: false,
  },
  { name: 'module: commonjs', type: 'commonjs', options: { module: 'CommonJS' }, isRun: true },
]

/** Returns the compiler's program. It is fetched once a machine. */
function compilerOf(version: string): string {
  const folder = join(tmpdir(), `zookit-typescript-${version}`)
  const program = join(folder, 'node_modules/typescript/bin/tsc')
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{}')
    execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', `typescript@${version}`], {
      cwd: folder,
    })
  }
  return program
}

/** Compiles the program with all checks of declarations, as that kind of project, and runs what comes out. */
export function tryCompiler(project: string, version: string, resolution: Resolution): Result {
  const config = {
    compilerOptions: {
      target: 'ES2022',
      lib: ['ES2022'],
      strict: true,
      skipLibCheck: false,
      esModuleInterop: true,
      outDir: 'out',
      rootDir: '.',
      ...resolution.options,
    },
    files: ['main.ts'],
  }
  rmSync(join(project, 'out'), { recursive: true, force: true })
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: resolution.type }))
  writeFileSync(join(project, 'main.ts'), PROGRAM)
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config))
  const compile = [compilerOf(version), '-p', '.']
  return resolution.isRun ? runAll(project, compile, ['out/main.js']) : runAll(project, compile)
}
