import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Context } from '../../program/context.ts'
import { type Command, command, path } from '../../program/definition.ts'
import { CommandError, codeOf, UsageError } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'

export const edit: Command = command({
  name: 'edit',
  group: 'trees',
  summary: 'Edit the data of a znode in $VISUAL or $EDITOR.',
  details: [
    'What another client has written meanwhile is not overwritten: then it ends with 3, and the edited text stays in a file.',
  ],
  args: { path: path('the znode') },
  examples: [['EDITOR=vim zookit edit /app/config', 'read, edit, write if nobody else was faster']],
  async run(context, { path }) {
    const editor = editorOf(context)
    const zk = await context.client()
    const { data, stat } = await zk.getData(path, context.limits)
    const directory = mkdtempSync(join(tmpdir(), 'zookit-edit-'))
    const file = join(directory, basename(path) || 'root')
    const before = data ?? Buffer.alloc(0)
    writeFileSync(file, before, { mode: 0o600 })
    let isKept = false
    try {
      await context.withTerminal(() => runEditor(context, editor, file))
      const after = readFileSync(file)
      if (after.equals(before)) return context.out.result({ path, changed: false }, () => 'not changed')
      const written = await zk
        .setData(path, after, { ...context.limits, version: stat.version })
        .catch((error: unknown) => {
          isKept = true
          throw refused(error, path, file)
        })
      context.out.result(
        { path, changed: true, stat: written },
        () => `${path} has version ${written.version} now`,
      )
    } finally {
      if (!isKept) rmSync(directory, { recursive: true })
    }
  },
})

/** Returns the editor. Without one of the user's own it is vi, which needs a terminal. @throws UsageError. */
function editorOf({ io }: Context): string {
  const own = io.env.VISUAL || io.env.EDITOR
  if (own) return own
  if (io.stdin.isTTY && io.stdout.isTTY) return 'vi'
  throw new UsageError(
    'neither $VISUAL nor $EDITOR names an editor, and there is no terminal for vi',
    'Set EDITOR. A script reads with `cat` and writes with `put -v VERSION`.',
  )
}

async function runEditor({ io }: Context, editor: string, file: string): Promise<void> {
  // The shell reads the editor's own arguments, as in EDITOR='code --wait'.
  const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], {
    stdio: 'inherit',
    env: { ...io.env },
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0)
    throw new CommandError(`the editor ended with ${code}: nothing was written`, ExitCode.failed)
}

function refused(error: unknown, path: string, file: string): unknown {
  if (codeOf(error) !== 'BAD_VERSION') return error
  const message = `${path} was changed meanwhile: nothing was written`
  return new CommandError(message, ExitCode.failed, `Your text is in ${file}.`)
}
