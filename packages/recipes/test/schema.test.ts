import { expect } from 'chai'
import * as v from 'valibot'
import { z } from 'zod'
import { parseWith, type Schema, SchemaError } from '../src/core/schema.ts'
import { failure } from './support/test-bed.ts'

const schemas: Record<string, Schema<{ port: number }>> = {
  zod: z.object({ port: z.number() }),
  valibot: v.object({ port: v.number() }),
}

describe('A value with a schema', () => {
  for (const [name, schema] of Object.entries(schemas)) {
    it(`is the schema’s output, or an error that tells where it is wrong: ${name}`, async () => {
      expect(await parseWith(schema, { port: 1, more: 2 }, '/a')).to.deep.equal({ port: 1 })
      const error = await failure(parseWith(schema, { port: 'x' }, '/a'))
      expect(error).to.be.instanceOf(SchemaError)
      expect(error).to.include({ code: 'INVALID_DATA', path: '/a' })
      expect(error.message).to.include('port: ')
      expect((error as SchemaError).issues.map(({ path }) => path)).to.deep.equal([['port']])
    })
  }

  it('is unchanged without one', async () => {
    const value = {}
    expect(await parseWith(undefined, value, '/a')).to.equal(value)
  })

  it('may be validated asynchronously', async () => {
    const slow = z.string().refine(async text => text === 'good')
    expect(await parseWith(slow, 'good', '/a')).to.equal('good')
    expect(await failure(parseWith(slow, 'bad', '/a'))).to.include({ code: 'INVALID_DATA' })
  })
})
