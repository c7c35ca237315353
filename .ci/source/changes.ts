/** Headings of a version in CHANGELOG.md, in their order. */
const HEADINGS = ['Added', 'Changed', 'Removed', 'Fixed', 'Security'] as const
type Heading = (typeof HEADINGS)[number]

/** Entries of a version under their headings. */
export type Entries = Map<Heading, string[]>

const UNRELEASED = /^## Unreleased\n(.*?)(?=^## |(?![\s\S]))/ms

/** Reads the entries of a file of `changes`, or of a section of CHANGELOG.md. @throws if a heading is not one of ours. */
export function entriesOf(text: string, name: string): Entries {
  const entries: Entries = new Map()
  const [before, ...sections] = text.split(/^### /m)
  if (before!.trim() !== '') throw new Error(`${name}: text before the first heading: ${before!.trim()}`)
  for (const section of sections) {
    const [heading, ...lines] = section.split('\n')
    if (!HEADINGS.includes(heading as Heading))
      throw new Error(`${name}: no heading of a CHANGELOG: ${heading}`)
    const body = lines.join('\n').trim()
    if (!body.startsWith('- ')) throw new Error(`${name}: ${heading} has no line that begins with "- "`)
    entries.set(heading as Heading, [...(entries.get(heading as Heading) ?? []), body])
  }
  return entries
}

/** Returns the kind of a version: what its last number that is not 0 stands for. */
function isPatch(version: string): boolean {
  if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`${version} is no version such as 0.2.0`)
  return !version.endsWith('.0')
}

/**
 * Moves what is unreleased, and the entries of files, into a section of a version.
 *
 * @returns the new text of CHANGELOG.md.
 * @throws if nothing has changed, or a patch version has more than mends.
 */
export function release(changelog: string, files: readonly Entries[], version: string, date: string): string {
  const unreleased = UNRELEASED.exec(changelog)
  if (!unreleased) throw new Error('CHANGELOG.md has no section "## Unreleased"')
  const all = [entriesOf(unreleased[1]!, 'CHANGELOG.md'), ...files]
  const sections = HEADINGS.flatMap(heading => {
    const bodies = all.flatMap(entries => entries.get(heading) ?? [])
    return bodies.length === 0 ? [] : [{ heading, text: `### ${heading}\n\n${bodies.join('\n')}\n` }]
  })
  if (sections.length === 0) throw new Error('nothing has changed since the last version')
  const more = sections.map(({ heading }) => heading).filter(each => each !== 'Fixed' && each !== 'Security')
  if (isPatch(version) && more.length > 0) {
    throw new Error(`${version} is a patch version, and there are entries under ${more.join(', ')}`)
  }
  const released = sections.map(({ text }) => text).join('\n')
  const section = `## Unreleased\n\n## ${version} - ${date}\n\n${released}\n`
  return `${changelog.replace(UNRELEASED, () => section).trimEnd()}\n`
}
