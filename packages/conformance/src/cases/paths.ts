import { CreateFlag, op } from '@zookit/jute'
import type { ConformanceCase } from '../case.ts'
import { equal, refused } from '../mismatch.ts'
import type { Release } from '../release.ts'
import { children, create, createBody } from '../steps.ts'

const RULES = "Programmer's Guide: ZNodes, PathUtils.validatePath"

/** Names that no znode can have, and the reason. */
const FORBIDDEN: readonly (readonly [name: string, title: string, since?: Release])[] = [
  ['a\u0001', 'a control character (U+0001)'],
  ['a\u001f', 'a control character (U+001F)', '3.5'],
  ['a\u007f', 'a control character (U+007F)', '3.5'],
  ['a\u009f', 'a control character (U+009F)', '3.5'],
  ['a\ue000', 'a character for private use (U+E000)'],
  ['a\u{1f600}', 'a character beyond U+FFFF'],
  ['a\ufff0', 'a special (U+FFF0)', '3.5'],
  ['.', 'the name "."'],
  ['..', 'the name ".."'],
]

const forbidden: readonly ConformanceCase[] = FORBIDDEN.map(([name, title, since = '3.4']) => ({
  title: `${title} is refused in a path: BAD_ARGUMENTS`,
  area: 'paths',
  reference: RULES,
  since: [since],
  covers: ['error:BAD_ARGUMENTS'],
  async run(t) {
    await refused(create(await t.session(), t.path(name)), 'BAD_ARGUMENTS')
  },
}))

export const paths: readonly ConformanceCase[] = [
  ...forbidden,
  {
    title: 'a path with a NUL is refused with BAD_ARGUMENTS',
    area: 'paths',
    reference: RULES,
    covers: ['error:BAD_ARGUMENTS'],
    async run(t) {
      await refused(create(await t.session(), t.path('a\0b')), 'BAD_ARGUMENTS')
    },
  },
  {
    title: 'a path that does not begin with a slash is refused with BAD_ARGUMENTS',
    area: 'paths',
    reference: RULES,
    covers: ['error:BAD_ARGUMENTS'],
    async run(t) {
      await refused((await t.session()).request(op.create, createBody('a')), 'BAD_ARGUMENTS')
    },
  },
  {
    title: 'an empty path is refused with BAD_ARGUMENTS',
    area: 'paths',
    reference: RULES,
    covers: ['error:BAD_ARGUMENTS'],
    async run(t) {
      await refused((await t.session()).request(op.create, createBody('')), 'BAD_ARGUMENTS')
    },
  },
  {
    title: 'a path that ends with a slash is refused with BAD_ARGUMENTS unless a number follows',
    area: 'paths',
    reference: RULES,
    covers: ['error:BAD_ARGUMENTS'],
    async run(t) {
      const session = await t.session()
      await refused(create(session, `${t.root}/`), 'BAD_ARGUMENTS')
      await create(session, `${t.root}/`, { flags: CreateFlag['persistent-sequential'] })
    },
  },
  {
    title: 'a create below an empty name is refused with NO_NODE: the parent is looked up first',
    area: 'paths',
    reference: 'Apache ZooKeeper source: PrepRequestProcessor.pRequest2TxnCreate',
    covers: ['error:NO_NODE'],
    async run(t) {
      await refused(create(await t.session(), `${t.root}//a`), 'NO_NODE')
    },
  },
  {
    title: 'names beyond ASCII come back as they were',
    area: 'paths',
    reference: RULES,
    covers: ['op:create', 'op:getChildren'],
    async run(t) {
      const session = await t.session()
      const names = ['Größe', 'имя', '名前', 'a b', '...', '.a', 'a.']
      for (const name of names) equal(await create(session, t.path(name)), t.path(name), 'the path')
      equal(await children(session, t.root), [...names].sort(), 'the children')
    },
  },
  {
    title: 'names that differ in case, or in how an accent is written, are different',
    area: 'paths',
    reference: RULES,
    covers: ['op:create'],
    async run(t) {
      const session = await t.session()
      for (const name of ['a', 'A', '\u00e9', 'e\u0301']) await create(session, t.path(name))
      equal((await children(session, t.root)).length, 4, 'the number of children')
    },
  },
  {
    title: 'a read of a path that no znode can have is refused with NO_NODE',
    area: 'paths',
    reference: 'Apache ZooKeeper source: FinalRequestProcessor',
    covers: ['error:NO_NODE'],
    async run(t) {
      const session = await t.session()
      await refused(session.request(op.getData, { path: `${t.root}//`, watch: false }), 'NO_NODE')
    },
  },
]
