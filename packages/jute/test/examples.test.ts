import { readFileSync } from 'node:fs'
import { format } from 'node:util'
import { expect } from 'chai'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')

/** Returns the blocks of a page in one language. */
function blocks(page: string, language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(match => match[1]!)
}

describe("the README's example", () => {
  const page = read('../README.md')

  it('is the program in examples', () => {
    expect(blocks(page, 'ts')).to.have.length(1)
    expect(read('../examples/dissect.ts').endsWith(blocks(page, 'ts')[0]!)).to.equal(true)
  })

  it('prints what the README says', async () => {
    const { log } = console
    const lines: string[] = []
    console.log = (...values) => {
      lines.push(format(...values))
    }
    try {
      await import('../examples/dissect.ts')
    } finally {
      console.log = log
    }
    expect(`${lines.join('\n')}\n`).to.equal(blocks(page, 'text')[0])
  })
})
