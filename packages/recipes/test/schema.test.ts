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
    it(`is what the schema makes of it, or an error that says where it is wrong: ${name}`, async () => {
      expect(await parseWith(schema, { port: 1, more: 2 }, '/a')).to.deep.equal({ port: 1 })
      const error = await failure(parseWith(schema, { port: 'x' }, '/a'))
      expect(error).to.be.instanceOf(SchemaError)
      expect(error).to.include({ code: 'INVALID_DATA', path: '/a' })
      expect(error.message).to.include('port: ')
      expect((error as SchemaError).issues.map(({ path }) => path)).to.deep.equal([['port']])
    })
  }

  it('is left as it is without one', async () => {
    const value = {}
    expect(await parseWith(undefined, value, '/a')).to.equal(value)
  })

  it('may be looked at by a validator that takes its time', async () => {
    const slow = z.string().refine(async text => text === 'good')
    expect(await parseWith(slow, 'good', '/a')).to.equal('good')
    expect(await failure(parseWith(slow, 'bad', '/a'))).to.include({ code: 'INVALID_DATA' })
  })
})
