import { styleText } from 'node:util'

/** The heading of what comes next. */
export function title(text: string): void {
  console.log(`\n${styleText('bold', text)}`)
}

/** What was called, and what came of it. */
export function show(call: string, result: unknown = ''): void {
  console.log(`  ${call.padEnd(58)} ${styleText('cyan', String(result))}`)
}
