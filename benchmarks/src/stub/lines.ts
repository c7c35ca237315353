import { createInterface } from 'node:readline'

/** One JSON object a line, out on stdout and in on stdin: how the runner talks with every process it starts. */
export function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

/** Calls `onLine` for each line of stdin, one after the other; the process ends when the input does. */
export async function eachLine<Message>(onLine: (message: Message) => unknown): Promise<never> {
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      await onLine(JSON.parse(line) as Message)
    } catch (error) {
      say({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    }
  }
  process.exit(0)
}
