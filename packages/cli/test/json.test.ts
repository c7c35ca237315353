import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { zookit } from './support/program.ts'

/** Lines that print something else than a result: help, advice, errors. */
const LINES: readonly string[] = [
  '--help',
  '--version',
  'ls --help',
  'help ls',
  'help',
  'create -e /mine',
  'setquota -n 1 /app',
  'get /missing',
  'get',
  'ls --nonsense',
  'nonsense',
]

describe('--json', () => {
  let server: TestServer
  beforeEach(async () => {
    server = await TestServer.start({ seed: { app: { a: '1', b: '2' } } })
  })
  afterEach(() => server.stop())

  for (const line of LINES) {
    it(`has one object a line, on standard error too: ${line}`, async () => {
      const { out, err } = await zookit(['--json', '--hosts', server.hosts, ...line.split(' ')])
      const lines = `${out}${err}`.trimEnd().split('\n')
      expect(lines).to.not.deep.equal([''])
      for (const each of lines) expect(JSON.parse(each)).to.be.an('object')
    })
  }
})
