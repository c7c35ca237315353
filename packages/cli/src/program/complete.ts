import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { ZooKeeper } from '@zookit/client'
import type { Catalog } from './context.ts'
import { globalOptions } from './global-options.ts'
import { type CommandInfo, type Completion, kebab, type Spec } from './specs.ts'
import { commandIndex } from './words.ts'

/** Gives the client whose tree is looked at for paths. It may reject: then there are no paths to offer. */
export type ClientSource = () => Promise<ZooKeeper>

/** The time that a completion waits for the server, in milliseconds. */
const TIME_LIMIT = 2000

/**
 * Lists the words that can stand at the end of a command line.
 *
 * @param words the words, the last of them begun, or empty.
 */
export async function complete(
  words: readonly string[],
  client: ClientSource,
  catalog: Catalog,
): Promise<string[]> {
  const word = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const at = commandIndex(before)
  const command = await catalog.load(before[at])
  const specs = { ...globalOptions, ...command?.options }
  const candidates = async (completion: Completion | undefined): Promise<string[]> => {
    if (completion === undefined) return []
    if (completion === 'path') return paths(word, client).catch(() => [])
    if (completion === 'file') return files(word)
    return starting(word, completion === 'command' ? catalog.names : completion)
  }
  const valued = optionOf(specs, before.at(-1))
  if (valued?.placeholder !== undefined) return candidates(valued.completion)
  if (word.startsWith('-')) return starting(word, namesOf(at < 0 ? globalOptions : specs))
  if (at < 0) return starting(word, catalog.names)
  if (command === null) return []
  return candidates(argumentAt(command, before.slice(at + 1))?.completion)
}

type Named = Readonly<Record<string, Spec<unknown>>>

function namesOf(specs: Named): string[] {
  return [...Object.keys(specs).map(name => `--${kebab(name)}`), '--help']
}

function optionOf(specs: Named, word: string | undefined): Spec<unknown> | undefined {
  if (word === undefined || !word.startsWith('-')) return undefined
  const found = Object.entries(specs).find(
    ([name, spec]) => word === `--${kebab(name)}` || word === `-${name}` || word === `-${spec.short}`,
  )
  return found?.[1]
}

/** Returns the argument that comes after the words behind the name of the command. */
function argumentAt(command: CommandInfo, words: readonly string[]): Spec<unknown> | undefined {
  const specs = { ...globalOptions, ...command.options }
  let count = 0
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    if (!word.startsWith('-')) count++
    else if (optionOf(specs, word)?.placeholder !== undefined) i++
  }
  const args = Object.values(command.args)
  return args[count] ?? (args.at(-1)?.repeated ? args.at(-1) : undefined)
}

function starting(word: string, words: readonly string[]): string[] {
  return words.filter(each => each.startsWith(word))
}

/** Lists the znodes whose paths begin so. A single one that has children gets a `/` for the next word. */
async function paths(begun: string, client: ClientSource): Promise<string[]> {
  if (begun === '') return ['/']
  if (!begun.startsWith('/')) return []
  const slash = begun.lastIndexOf('/')
  const parent = slash === 0 ? '/' : begun.slice(0, slash)
  const zk = await client()
  const limits = { timeout: TIME_LIMIT }
  const { children } = await zk.getChildren(parent, limits)
  const found = starting(
    begun,
    children.map(name => `${begun.slice(0, slash)}/${name}`),
  ).sort()
  if (found.length !== 1) return found
  const stat = await zk.exists(found[0]!, limits)
  return [`${found[0]}${(stat?.numChildren ?? 0) > 0 ? '/' : ''}`]
}

function files(begun: string): string[] {
  const directory = begun.endsWith('/') ? begun : dirname(begun)
  const prefix = begun.includes('/') ? `${directory.replace(/\/$/, '')}/` : ''
  try {
    const entries = readdirSync(directory === '' ? '.' : directory, { withFileTypes: true })
    return starting(
      begun,
      entries.map(entry => `${prefix}${entry.name}${entry.isDirectory() ? '/' : ''}`),
    ).sort()
  } catch {
    return []
  }
}
