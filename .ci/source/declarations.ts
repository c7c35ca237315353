import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Takes the marks of private fields out of a package's declarations.
 *
 * TypeScript writes `#private;` into a class that has private fields, and then accepts no object of a class that was declared
 * anywhere else. An application with two copies of a package, such as its own client beside the one of a library, would not
 * compile: recipes would refuse its client. Without the mark a class fits one of another copy that has the same members.
 */
export function openDeclarations(dist: string): void {
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts')) continue
    const file = join(dist, name)
    const text = readFileSync(file, 'utf8')
    const open = withoutPrivates(text)
    if (open !== text) writeFileSync(file, open)
  }
}

/** Returns declarations without the marks of private fields. Lines keep their numbers, which the declaration maps have. */
export function withoutPrivates(declarations: string): string {
  return declarations.replaceAll(/^ +#private;$/gm, '')
}
