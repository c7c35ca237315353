import { bundledOf, type Manifest, manifestOf } from './needed.ts'

/** The parts of a CycloneDX document that are read or added. */
export interface Sbom {
  components: Component[]
  dependencies: { ref: string; dependsOn?: string[] }[]
}

interface Component {
  type: 'library'
  name: string
  version: string
  purl: string
  'bom-ref': string
  group?: string
  licenses?: { expression: string }[]
  properties?: { name: string; value: string }[]
}

function purlOf({ name, version }: Manifest): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`
}

function componentOf(manifest: Manifest): Component {
  const { name, version, license } = manifest
  const [group, own] = name.startsWith('@') ? name.split('/') : [undefined, name]
  return {
    type: 'library',
    name: own!,
    version,
    purl: purlOf(manifest),
    'bom-ref': purlOf(manifest),
    ...(group !== undefined && { group }),
    ...(license !== undefined && { licenses: [{ expression: license }] }),
    properties: [{ name: 'zookit:bundled', value: 'true' }],
  }
}

/** Adds what a package contains, which its manifest does not depend on, to its bill of materials. */
export function withBundled(sbom: Sbom, folder: string): Sbom {
  const known = new Set(sbom.components.map(({ purl }) => purl))
  const added = [...bundledOf(folder).values()].map(componentOf).filter(({ purl }) => !known.has(purl))
  const own = purlOf(manifestOf(folder))
  const dependencies = sbom.dependencies.map(each =>
    each.ref === own
      ? { ...each, dependsOn: [...(each.dependsOn ?? []), ...added.map(({ purl }) => purl)] }
      : each,
  )
  return { ...sbom, components: [...sbom.components, ...added], dependencies }
}
