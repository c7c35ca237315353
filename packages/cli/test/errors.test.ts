import { ZooKeeperError } from '@zookit/client'
import { ErrorNumber } from '@zookit/jute'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { explain } from '../src/program/errors.ts'
import { zookit } from './support/program.ts'

/** The letters of a sentence. */
const letters = (text: string): string => text.toLowerCase().replaceAll(/[^a-z]/g, '')

describe('The advice of an error', () => {
  for (const [code, number] of Object.entries(ErrorNumber)) {
    it(`says something else than the message: ${code}`, () => {
      const { message, hint } = explain(ZooKeeperError.fromNumber(number, { operation: 'x', path: '/a' }))
      if (hint !== undefined) expect(letters(message)).to.not.contain(letters(hint))
    })
  }
})

describe('A list of servers that is none', () => {
  for (const line of [
    '--hosts 127.0.0.1:99999 ls',
    '--hosts 127.0.0.1:99999 status',
    '--hosts 127.0.0.1:99999 sessions',
    '--hosts 127.0.0.1:99999 conform',
    '--hosts 127.0.0.1:99999 sniff --listen 0',
    '--hosts 127.0.0.1:99999 bench',
    '--hosts 127.0.0.1:99999 console --port 0',
    'sniff --listen 0 --to 127.0.0.1:99999',
    'connect 127.0.0.1:99999',
  ]) {
    it(`is a wrong command line: ${line}`, async () => {
      const { code, err } = await zookit(line.split(' '))
      expect(err).to.match(
        /a port is a number from 1 to 65535 \("99999"\)\n {2}(It is such as zk1:2181|See `--help` of the command)/,
      )
      expect(code).to.equal(2)
    })
  }
})

/** A number that is refused, and what the error must speak of. */
const NUMBERS: readonly (readonly [line: string, told: RegExp])[] = [
  ['serve --port 239522', /--port <PORT>' argument '239522' is invalid. must be at most 65535/],
  ['serve --voters 101', /--voters.*at most 100/],
  ['serve --port 65534 --voters 3', /--port 65534 leaves not enough ports for 3 members/],
  ['console --port 65536', /--port.*at most 65535/],
  ['console --sniff 65536', /--sniff.*at most 65535/],
  ['sniff --listen 65536', /--listen.*at most 65535/],
  ['dissect --port 0 x.pcap', /--port.*a whole number from 1 to 65535/],
  ['create -t 1099511627776 /app/a', /--ttl.*at most 1099511627775/],
  ['wait-for --wait 99999999999 /app', /--wait.*at most 2147483647/],
  ['lock --grace 99999999999 /app -- true', /--grace.*at most 2147483647/],
  ['--timeout 99999999999 ls', /--timeout.*at most 2147483647/],
  ['set -v 99999999999 /app x', /--version.*at most 2147483647/],
  ['bench --size 1000001', /--size.*at most 1000000/],
  ['bench --clients 101', /--clients.*at most 100/],
  ['bench --in-flight 1,10001', /--in-flight.*at most 10000/],
  ['bench --seconds 601', /--seconds.*a number of seconds from 0.01 to 600, such as 0.5, not '601'/],
  ['bench --seconds 0', /--seconds.*from 0.01 to 600/],
  ['bench --seconds 1e1', /--seconds.*from 0.01 to 600/],
]

describe('A number that is out of bounds', () => {
  for (const [line, told] of NUMBERS) {
    it(`is refused by its own name: ${line}`, async () => {
      const { code, err } = await zookit(line.split(' '))
      expect(err).to.match(told)
      expect(code).to.equal(2)
    })
  }

  it('is none that the servers take: create -t of 30 days and more', async () => {
    await using server = await TestServer.start()
    for (const ttl of ['2592000000', '1099511627775']) {
      const { code, err } = await zookit(['--hosts', server.hosts, 'create', '-t', ttl, `/${ttl}`])
      expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    }
  })

  it('is not one where it has decimals and may: bench --seconds', async () => {
    await using server = await TestServer.start()
    const words = ['bench', '--json', '--ops', 'getData', '--in-flight', '1', '--seconds', '0.05']
    const { code, out, err } = await zookit(['--hosts', server.hosts, ...words])
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    expect(JSON.parse(out)).to.include({ operation: 'getData', inFlight: 1 })
  })
})
