import { ALIASES, globalOptions } from './global-options.ts'
import { kebab, type Specs } from './specs.ts'

/**
 * Gives the options of zkCli.sh that are words behind one hyphen their second one: `-server` becomes `--hosts`, and
 * `-members` of reconfig becomes `--members`. Others are left as they are.
 *
 * @param at the index of the command's name, or -1.
 * @param options those of the command; empty if it is not known.
 */
export function zkCliNames(words: readonly string[], at: number, options: Specs): string[] {
  const end = words.indexOf('--')
  return words.flatMap((word, i) => {
    if (end >= 0 && i >= end) return [word]
    if (at < 0 || i < at) {
      const alias = ALIASES[word]
      return alias === undefined ? [word] : alias === null ? [] : [alias]
    }
    const isLong = /^-[a-z]{2,}$/.test(word) && word.slice(1) in options
    return [isLong ? `-${word}` : word]
  })
}

/** Finds the name of the command: the first word that is neither an option nor the value of one. @returns -1 for none. */
export function commandIndex(words: readonly string[]): number {
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    if (!word.startsWith('-')) return i
    if (takesValue(word)) i++
  }
  return -1
}

function takesValue(word: string): boolean {
  if (word.includes('=')) return false
  const name = ALIASES[word] ?? word
  const spec = Object.entries(globalOptions).find(([key]) => `--${kebab(key)}` === name)?.[1]
  return spec?.placeholder !== undefined
}
