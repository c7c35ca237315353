import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { type Io, run } from '../../packages/cli/src/index.ts'
import { ROOT } from '../source/files.ts'
import { buildPage } from '../source/page.ts'

/** A run of `zookit console`. */
export interface Running extends AsyncDisposable {
  readonly url: string
}

/** Builds the page, and runs `zookit console` in this process until the end of the scope. */
export async function runConsole(...words: string[]): Promise<Running> {
  await buildPage(join(ROOT, 'packages/console/dist/page'))
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  let stop: (signal: 'SIGINT') => void = () => {}
  const io: Io = {
    stdin,
    stdout,
    stderr,
    env: { HOME: '/nonexistent' },
    onSignal(listener) {
      stop = listener
      return () => {}
    },
  }
  const done = run(['console', '--json', '--port', '0', ...words], io)
  stderr.pipe(process.stderr)
  const line = new Promise<string>(resolve => stdout.once('data', chunk => resolve(String(chunk))))
  const first = await Promise.race([
    line,
    done.then(code => Promise.reject(new Error(`it ended with ${code}`))),
  ])
  return {
    url: JSON.parse(first).url,
    async [Symbol.asyncDispose]() {
      stop('SIGINT')
      await done
    },
  }
}
