import { expect } from 'chai'
import { prettyJson } from '../page/znode/data.ts'

const nested = (depth: number, inner: string): string => '['.repeat(depth) + inner + ']'.repeat(depth)

describe('JSON on the page', () => {
  it('is indented with every digit of its numbers', () => {
    const text = prettyJson('{"a":[12345678901234567890,{}]}')!
      .map(token => token.text)
      .join('')
    expect(text).to.equal('{\n  "a": [\n    12345678901234567890,\n    {}\n  ]\n}')
  })

  it('is left as text where it is too deep or too large to indent', () => {
    expect(prettyJson(nested(64, '1'))).to.not.equal(null)
    expect(prettyJson(nested(65, '1'))).to.equal(null)
    expect(prettyJson(nested(90_000, ''))).to.equal(null)
    const many = Array.from({ length: 10_000 }, () => '1').join()
    expect(prettyJson(nested(1, many))).to.not.equal(null)
    expect(prettyJson(nested(60, many))).to.equal(null)
  })
})
