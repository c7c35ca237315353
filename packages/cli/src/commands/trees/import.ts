import { counted, validatePath } from '@zookit/client'
import type { Context } from '../../program/context.ts'
import { type Command, command, flag, optionalArgument, text } from '../../program/definition.ts'
import { CommandError, codeOf, inPlaceOf, UsageError } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { standardInput } from '../../program/standard-input.ts'
import { type DumpedZnode, readDump } from './dump-line.ts'
import { INTERIM_DETAILS } from './interim.ts'
import { type Fate, Placing, withParents } from './place.ts'

const MARKS: Readonly<Record<Fate | 'ephemeral', string>> = {
  created: '+',
  updated: '~',
  unchanged: '=',
  conflict: '!',
  unread: '?',
  ephemeral: '-',
}

export const importTree: Command = command({
  name: 'import',
  group: 'trees',
  summary: 'Create the znodes of an export.',
  details: [
    'Run it again after a failure: znodes that are there as the file has them are left as they are. One that differs is a conflict, which it leaves alone and ends with 1, unless --overwrite is given. Ephemeral znodes are left out: they belonged to a session.',
    'A line that is no znode, or that the server refuses, ends it with the number of the line; those before it are done. --dry-run finds broken lines before anything is done.',
    `Parents come right before what is below them, as \`export\` writes them. ${INTERIM_DETAILS}`,
  ],
  args: { file: optionalArgument('the file. Default standard input', 'file') },
  options: {
    from: text(
      'PATH',
      'the prefix of the paths in the file that --to replaces; all others are left out. Ends with 4 where the file has nothing there. Default /',
    ),
    to: text('PATH', 'where to put the znodes below --from. Missing parents are created'),
    overwrite: flag('change znodes that differ'),
    dryRun: flag('change nothing: tell what would be done'),
    quiet: flag('print the sums only', 'q'),
  },
  examples: [
    ['zookit import app.ndjson --dry-run', 'what would be created'],
    ['zookit import app.ndjson --from /app --to /copy', 'under another path'],
  ],
  async run(context, { file }, { from = '/', to, overwrite, dryRun, quiet }) {
    checkPath('--from', from)
    checkPath('--to', to ?? '/')
    const source = file ?? standardInput(context)
    const seen: Seen = { count: 0, taken: 0, first: undefined }
    const placing = new Placing(await context.client(), context, dryRun)
    const counts = { created: 0, updated: 0, unchanged: 0, conflict: 0, ephemeral: 0, unread: 0 }
    // The parents of the other znodes come from the file.
    let isFirst = true
    for await (const znode of withParents(targets(readDump(source), { from, to, seen }))) {
      const { path } = znode
      const place = () => placing.place(znode, { overwrite, parents: isFirst })
      const fate =
        znode.ephemeral === null
          ? await place().catch(
              failedAt(context, `It ended at ${znode.place}: the lines before it are done.`),
            )
          : 'ephemeral'
      isFirst = false
      counts[fate]++
      if (!quiet && fate !== 'unchanged')
        context.out.result({ path, [dryRun ? 'would' : 'done']: fate }, () => `${MARKS[fate]} ${path}`)
      await context.out.drained()
    }
    if (from !== '/' && seen.taken === 0) throw nothingBelow(from, file ?? 'standard input', seen)
    await placing.finish().catch(failedAt(context, 'All lines are done, but for ACLs that come last.'))
    context.out.result({ dryRun, ...counts }, () => sums(counts, dryRun))
    placing.leftOut.end()
    return counts.conflict > 0 ? ExitCode.no : ExitCode.done
  },
})

/** Tells what is done. What the client refuses is a fault of the file, not of the command line. */
function failedAt(context: Context, what: string): (error: unknown) => never {
  return error => {
    if (codeOf(error) === 'NO_AUTH') {
      context.note(what)
      throw inPlaceOf(error, ExitCode.noAuth, OUT_OF_ORDER)
    }
    context.note(`${what} Run it again, and it goes on from there.`)
    if (codeOf(error) !== 'BAD_ARGUMENTS') throw error
    throw inPlaceOf(error, ExitCode.failed)
  }
}

const OUT_OF_ORDER =
  'See who may with `getAcl` of the znode above it, or add an identity: --auth-env. Where the file has that znode, it stands right before those below it: then its ACL comes last.'

function sums(counts: Readonly<Record<string, number>>, dryRun: boolean): string {
  const parts = Object.entries(counts).flatMap(([fate, count]) =>
    fate === 'unread' && count === 0 ? [] : [`${count} ${fate}`],
  )
  return `${dryRun ? 'would be: ' : ''}${parts.join(', ')}`
}

/** Znodes of a file that were read, and those of them that are at or below --from. */
interface Seen {
  count: number
  taken: number
  first: string | undefined
}

/** Checks a path of the command line: a prefix that is none would match nothing. @throws UsageError. */
function checkPath(option: string, path: string): void {
  try {
    validatePath(path)
  } catch (error) {
    throw new UsageError(`${option}: ${(error as Error).message}`, 'A path is such as /app/config.')
  }
}

function nothingBelow(from: string, name: string, { count, first }: Seen): CommandError {
  const there =
    first === undefined ? 'has no znodes' : `has ${counted(count, 'znode')}, the first at ${first}`
  return new CommandError(
    `nothing in ${name} is at or below ${from}: it ${there}`,
    ExitCode.noNode,
    'Nothing was done. --from is a path as the file has it.',
  )
}

/** Gives the znodes of a file the paths under which they are put. Those outside of `from` are left out. */
async function* targets(
  znodes: AsyncIterable<DumpedZnode>,
  { from, to, seen }: { from: string; to: string | undefined; seen: Seen },
): AsyncGenerator<DumpedZnode, void, undefined> {
  for await (const znode of znodes) {
    seen.count++
    seen.first ??= znode.path
    const path = moved(znode.path, from, to)
    if (path === null) continue
    seen.taken++
    yield { ...znode, path }
  }
}

/** Returns the path under which a znode of the file is put, or null for one that is not below `from`. */
function moved(path: string, from: string, to: string | undefined): string | null {
  if (to === undefined && from === '/') return path
  const rest =
    from === '/' ? path : path === from ? '' : path.startsWith(`${from}/`) ? path.slice(from.length) : null
  if (rest === null) return null
  return `${to === undefined ? from : to === '/' ? '' : to}${rest === '/' ? '' : rest}` || '/'
}
