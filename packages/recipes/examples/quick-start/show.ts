import { styleText } from 'node:util'

/** Prints the heading of the next part. */
export function title(text: string): void {
  console.log(`\n${styleText('bold', text)}`)
}

/** Prints a call and its result. */
export function show(call: string, result: unknown = ''): void {
  console.log(`  ${call.padEnd(58)} ${styleText('cyan', String(result))}`)
}
