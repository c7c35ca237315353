import type { ZooKeeper } from '@zookit/client'
import type { Context } from '../../program/context.ts'
import { type Command, command, flag, path, text, whole } from '../../program/definition.ts'
import { CommandError, codeOf, UsageError } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { tellState } from '../../program/told-state.ts'
import { toJsonData } from '../../text/data.ts'
import { regularExpression } from '../../text/pattern.ts'

export const waitFor: Command = command({
  name: 'wait-for',
  group: 'scripts',
  summary: 'Wait until a znode exists, is gone, or has certain data.',
  args: { path: path('the znode') },
  options: {
    gone: flag('wait until it does not exist'),
    data: text('REGEX', 'wait until it exists and its data matches this regular expression'),
    wait: whole('MS', 'how long to wait. Default without limit; then it ends with 124'),
  },
  examples: [
    ['zookit wait-for /app/ready', 'until it exists'],
    ["zookit wait-for --data '^done' --wait 60000 /jobs/7", 'until its data begins so, for a minute'],
    ['zookit wait-for --gone /locks/deploy', 'until it is deleted'],
  ],
  async run(context, { path }, { gone, data, wait }) {
    if (gone && data !== undefined)
      throw new UsageError('--gone and --data exclude each other', 'Give one of them.')
    const pattern = data === undefined ? undefined : regularExpression('--data', data)
    const zk = await context.client()
    using _told = tellState(context, zk)
    const deadline = new AbortController()
    const timer = wait === undefined ? undefined : setTimeout(() => deadline.abort(), wait)
    const signal = AbortSignal.any([context.signal, deadline.signal])
    try {
      const found = await until(zk, path, { ...context.limits, signal }, bytes => {
        if (gone) return bytes === undefined
        return bytes !== undefined && (pattern === undefined || pattern.test(bytes?.toString() ?? ''))
      })
      context.out.result({ path, exists: !gone, ...(found !== undefined && toJsonData(found)) }, () => '')
    } catch (error) {
      if (!deadline.signal.aborted) throw error
      throw new CommandError(
        `${path} did not come to that within ${wait} ms`,
        ExitCode.timeout,
        'Give more with --wait MS.',
      )
    } finally {
      clearTimeout(timer)
    }
  },
})

/** Data of a znode; undefined if it does not exist. */
type Found = Buffer | null | undefined

/** Reads the znode again after each change until the condition holds. @returns what it then was. */
async function until(
  zk: ZooKeeper,
  path: string,
  limits: Context['limits'],
  isEnough: (found: Found) => boolean,
): Promise<Found> {
  // A server that has never answered in time is a failure. One that did is waited for, however long it stays away.
  const outlived = new Set(['CONNECTION_LOSS', 'SESSION_EXPIRED'])
  for (;;) {
    let wake = (): void => {}
    const changed = new Promise<void>(resolve => (wake = resolve))
    limits.signal.addEventListener('abort', wake, { once: true })
    try {
      const found = await read(zk, path, limits, wake)
      outlived.add('REQUEST_TIMEOUT')
      if (isEnough(found)) return found
      await changed
      limits.signal.throwIfAborted()
    } catch (error) {
      // The session goes on, or another one begins: it is waited for until the connection is there again.
      if (!outlived.has(codeOf(error) ?? '')) throw error
    } finally {
      limits.signal.removeEventListener('abort', wake)
    }
  }
}

async function read(
  zk: ZooKeeper,
  path: string,
  limits: Context['limits'],
  watch: () => void,
): Promise<Found> {
  try {
    return (await zk.getData(path, { ...limits, watch })).data
  } catch (error) {
    if (codeOf(error) !== 'NO_NODE') throw error
  }
  // A znode that has come meanwhile: its data are read in the next round.
  if ((await zk.exists(path, { ...limits, watch })) !== null) watch()
  return undefined
}
