import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { hasCommonJs } from '../source/commonjs.ts'
import { ROOT } from '../source/files.ts'
import { pack } from '../source/packed.ts'
import { placeOf, publicFields, publishFaults, withPublicLinks, workspaceRanges } from '../source/publish.ts'

/** Stands for the repository's address, which only a release knows. */
const PLACE = placeOf('https://git.example.com/owner/zookit', 'v0.0.0')

const bin = (name: string): string => join(ROOT, 'node_modules/.bin', name)

/** Packs a package as the release does: with the repository's address in its manifest and page. @returns the tarball. */
export function packForRelease(folder: string, out: string): string {
  const work = mkdtempSync(join(tmpdir(), 'zookit-pack-'))
  try {
    const packed = pack(folder, work)
    execFileSync('tar', ['-xzf', packed, '-C', work])
    const manifest = join(work, 'package/package.json')
    const page = join(work, 'package/README.md')
    const filled = { ...JSON.parse(readFileSync(manifest, 'utf8')), ...publicFields(PLACE, folder) }
    const text = withPublicLinks(readFileSync(page, 'utf8'), folder, PLACE)
    const unresolved = workspaceRanges(filled).map(name => `package.json has no version of ${name}`)
    const faults = [...publishFaults(filled, text), ...unresolved]
    if (faults.length > 0) throw new Error(`${folder} cannot be published: ${faults.join(', ')}`)
    writeFileSync(manifest, `${JSON.stringify(filled, null, 2)}\n`)
    writeFileSync(page, text)
    mkdirSync(out, { recursive: true })
    const tarball = join(out, basename(packed))
    execFileSync('tar', ['-czf', tarball, '-C', work, 'package'])
    return tarball
  } finally {
    rmSync(work, { recursive: true })
  }
}

/** Checks a tarball: publint for the manifest and its files, attw for what TypeScript's module resolutions make of the types. */
export function checkTarball(folder: string, tarball: string): void {
  console.log(basename(tarball))
  execFileSync(bin('publint'), ['run', tarball, '--strict'], { stdio: 'inherit' })
  // The program is run, not loaded: require() of ES modules works on every Node that the packages support.
  const profile = hasCommonJs(folder) ? 'strict' : 'esm-only'
  execFileSync(bin('attw'), [tarball, '--profile', profile], { stdio: 'inherit' })
}
