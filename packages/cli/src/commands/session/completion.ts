import { complete } from '../../program/complete.ts'
import type { Context } from '../../program/context.ts'
import { argument, type Command, command, optionalArgument } from '../../program/definition.ts'
import { UsageError } from '../../program/errors.ts'
import { tokenize } from '../../shell/tokens.ts'
import { LazyClient } from '../../target/client.ts'
import { printable } from '../../text/printable.ts'

/** The program of each shell. It asks zookit for the words that may come, so that it never is out of date. */
const PROGRAMS: Readonly<Record<string, string>> = {
  bash: `_zookit() {
  local word
  COMPREPLY=()
  while IFS= read -r word; do
    COMPREPLY+=("$(printf %q "$word")")
  done < <(zookit completion words "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == */ ]]; then compopt -o nospace; fi
  if declare -F __ltrim_colon_completions >/dev/null; then __ltrim_colon_completions "\${COMP_WORDS[COMP_CWORD]}"; fi
}
complete -o default -F _zookit zookit`,
  zsh: `#compdef zookit
_zookit() {
  local -a found
  found=("\${(@f)$(zookit completion words "\${(j: :)words[1,CURRENT-1]} $PREFIX" 2>/dev/null)}")
  compadd -S '' -- \${(M)found:#*/}
  compadd -- \${found:#(*/|)}
}
if [[ $funcstack[1] == _zookit ]]; then _zookit; else compdef _zookit zookit; fi`,
  fish: `complete -c zookit -f -a '(zookit completion words (commandline -cp | string collect) 2>/dev/null)'`,
}

/** Milliseconds that a user waits for the paths behind a Tab. */
const TIME_LIMIT = 1500

export const completion: Command = command({
  name: 'completion',
  group: 'session',
  summary: 'Print the completion for bash, zsh or fish: of commands, options and paths of the live tree.',
  args: {
    shell: argument('bash, zsh or fish; `words` is what their programs call', [
      ...Object.keys(PROGRAMS),
      'words',
    ]),
    line: optionalArgument('the command line to complete, for `words`'),
  },
  examples: [
    ['source <(zookit completion bash)', 'in ~/.bashrc'],
    ['source <(zookit completion zsh)', 'in ~/.zshrc'],
    ['zookit completion fish > ~/.config/fish/completions/zookit.fish', 'for fish'],
  ],
  async run(context, { shell, line }) {
    if (shell === 'words') {
      const words = await wordsFor(context, line ?? '')
      // A name that could change the terminal is not offered.
      const safe = words.filter(word => printable(word) === word)
      return context.out.result({ words: safe }, () => safe.join('\n'))
    }
    const program = PROGRAMS[shell]
    if (program === undefined)
      throw new UsageError(`there is no completion for '${shell}'`, 'There is one for bash, zsh and fish.')
    context.out.result({ shell, program }, () => program)
  },
})

/** Lists the words that can stand at the end of a line, the last one whole. */
async function wordsFor(context: Context, line: string): Promise<string[]> {
  const words = tokenize(line).map(({ text }) => text)
  const given = /\s$/.test(line) ? [...words, ''] : words
  const client = new LazyClient({ ...context.globals, timeout: TIME_LIMIT }, context.io.env)
  try {
    return await complete(given.slice(1), () => client.get(context.signal), context.catalog)
  } finally {
    await client.close()
  }
}
