import { catalog, loadAll, loadCommand } from './program/catalog.ts'
import { contextFor } from './program/context-for.ts'
import { mayHaveChanged } from './program/errors.ts'
import { ExitCode } from './program/exit-codes.ts'
import type { Io } from './program/io.ts'
import { located } from './program/missing.ts'
import type { Parsed, ParsedCommand } from './program/parsed.ts'
import { parsePlain } from './program/quick-parser.ts'
import { report } from './program/report.ts'
import { commandIndex } from './program/words.ts'
import { LazyClient } from './target/client.ts'
import { toJson } from './text/printable.ts'

/**
 * Runs the program with the words of a command line, without the program's own name.
 *
 * @returns the exit code, once everything that it opened is closed.
 */
export async function run(words: readonly string[], io: Io): Promise<number> {
  try {
    const parsed = await parseLine(words)
    if (parsed.kind === 'printed') {
      io.stdout.write(words.includes('--json') ? `${toJson({ text: parsed.text })}\n` : parsed.text)
      return ExitCode.done
    }
    if (parsed.kind === 'command') return await runOnce(parsed, io)
    const { runShell } = await import('./shell/shell.ts')
    return await runShell(parsed.globals, io)
  } catch (error) {
    return report(error, io, words.includes('--json'))
  }
}

/**
 * Parses with the one command that is named, so that no other is loaded; with all where none is. The parser of all lines is
 * loaded only for one that is not plain.
 */
async function parseLine(words: readonly string[]): Promise<Parsed> {
  const at = commandIndex(words)
  const command = await loadCommand(words[at])
  const plain = command && parsePlain(words, command)
  if (plain !== null) return plain
  const { parse } = await import('./program/parser.ts')
  if (command !== null) return parse(words, [command])
  const isShell = at < 0 && !words.some(word => word === '--help' || word === '-h')
  return parse(words, isShell ? [] : await loadAll())
}

async function runOnce(parsed: ParsedCommand, io: Io): Promise<number> {
  const { command, args, options, globals } = parsed
  const client = new LazyClient(globals, io.env)
  const stop = new AbortController()
  let ended: number | undefined
  const ignore = io.onSignal(signal => {
    ended = signal === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated
    // A second signal ends the program at once.
    ignore()
    stop.abort(signal)
  })
  const context = contextFor({ io, globals, catalog, client, signal: stop.signal, shell: null })
  try {
    const code = await command.run(context, args as never, options as never)
    return code ?? ended ?? ExitCode.done
  } catch (error) {
    if (ended === undefined) {
      const { timeout } = context.limits
      return report(await located(error, { command, client, timeout }), io, globals.json, command.name)
    }
    if (mayHaveChanged(error))
      context.note(`zookit ${command.name}: ${error.message}: it may have been applied`)
    return ended
  } finally {
    ignore()
    await client.close()
  }
}
