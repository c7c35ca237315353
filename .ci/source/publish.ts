// What the published packages say of the repository's public address. No file of the repository has it: the release sets it.

import { posix } from 'node:path'

/** The public address of the repository at a release. */
export interface Place {
  /** The repository, such as `https://git.example.com/owner/name`. */
  address: string
  /** The tag or commit of the release. */
  ref: string
}

/** Checks the setting of a release. @throws Error that says what it must be. */
export function placeOf(address: string | undefined, ref: string | undefined): Place {
  if (!/^https:\/\/[^/\s]+\/[^\s]*[^/\s]$/.test(address ?? '')) {
    throw new Error(
      `ZOOKIT_REPOSITORY must be the repository's https address, not ${JSON.stringify(address)}`,
    )
  }
  if (!/^[\w.-]+$/.test(ref ?? '')) {
    throw new Error(`ZOOKIT_REF must be the tag of the release, not ${JSON.stringify(ref)}`)
  }
  return { address: address!, ref: ref! }
}

/** Returns the fields of a manifest that need the address. */
export function publicFields({ address }: Place, folder: string): Record<string, unknown> {
  return {
    homepage: `${address}/tree/HEAD/${folder}#readme`,
    bugs: { url: `${address}/issues` },
    repository: { type: 'git', url: `git+${address}.git`, directory: folder },
  }
}

const LINK = /(?<=\]\()(?![a-z]+:|#)[^)\s]+(?=\))/g

/** Lists the links of a page that lead to a file, which npm does not show. */
export function fileLinks(page: string): string[] {
  return [...page.matchAll(LINK)].map(([link]) => link)
}

/** Returns the page of a package with links to the repository at the release, and images from there. */
export function withPublicLinks(page: string, folder: string, { address, ref }: Place): string {
  return page.replaceAll(LINK, (link, at: number) => {
    const path = posix.normalize(posix.join(folder, link))
    if (path.startsWith('..')) throw new Error(`${folder}: ${link} leads out of the repository`)
    // Under `blob` is the page about a file, which no browser shows as a picture.
    const isImage = /!\[[^\]]*\]\($/.test(page.slice(0, at))
    return `${address}/${isImage ? 'raw' : 'blob'}/${ref}/${path}`
  })
}

/** Lists the packages that the manifest of a tarball names by their place in this workspace, where nobody else finds them. */
export function workspaceRanges(manifest: Record<string, unknown>): string[] {
  const needed = { ...(manifest.dependencies as object), ...(manifest.peerDependencies as object) }
  return Object.entries(needed)
    .filter(([, version]) => /^(workspace|catalog):/.test(String(version)))
    .map(([name]) => name)
}

/** Tells what keeps a package from being published. */
export function publishFaults(manifest: Record<string, unknown>, page: string): string[] {
  const absent = ['repository', 'homepage', 'bugs', 'publishConfig'].filter(name => !manifest[name])
  return [
    ...absent.map(name => `package.json has no ${name}`),
    ...fileLinks(page).map(link => `README.md: ${link} leads nowhere on npm`),
  ]
}
