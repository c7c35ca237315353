import { createInterface } from 'node:readline'

/** Writes a JSON object as a line to stdout. The runner and its processes exchange such lines. */
export function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

/** Calls `onLine` for each line of stdin, one after the other. Ends the process at the end of stdin. */
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
