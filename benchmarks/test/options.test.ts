import { expect } from 'chai'
import { cellsOf, describeCell, loads } from '../src/loads.ts'
import { grammar, type Options } from '../src/options.ts'

function read(...words: string[]): Options {
  const command = grammar()
    .exitOverride()
    .configureOutput({ writeErr() {}, writeOut() {} })
  return command.parse(['node', 'bench', ...words]).opts<Options>()
}

describe('the command line of the benchmarks', () => {
  it('requests a short run against the stub by default', () => {
    const { target, load, client, rounds } = read()
    expect({ target, load, rounds }).to.deep.equal({
      target: ['stub'],
      load: ['getData', 'exists', 'setData'],
      rounds: 15,
    })
    expect(client).to.deep.equal(['floor', 'floor-batch', 'lean', 'zookit', 'node-zookeeper-client'])
  })

  it('accepts lists of targets, loads, clients and numbers in flight', () => {
    const options = read(
      '--target',
      'stub,memory',
      '--load',
      'multi',
      '--client',
      'kazoo,c',
      '--in-flight',
      '1,64',
    )
    expect(options).to.deep.include({
      target: ['stub', 'memory'],
      load: ['multi'],
      client: ['kazoo', 'c'],
      inFlight: [1, 64],
    })
  })

  it('accepts `all` for all loads', () => {
    expect(read('--load', 'all').load).to.deep.equal(Object.keys(loads))
  })

  for (const words of [
    ['--load', 'getdata'],
    ['--client', 'floor,nobody'],
    ['--target', 'moon'],
    ['--in-flight', '1,'],
    ['--in-flight', '0'],
    ['--rounds', '1.5'],
    ['--seconds', '-1'],
    ['--nonsense'],
  ]) {
    it(`refuses ${words.join(' ')}`, () => {
      expect(() => read(...words)).to.throw()
    })
  }
})

describe('the loads of the benchmarks', () => {
  it('have cells with distinct names, by which two runs are compared', () => {
    const names = Object.keys(loads).flatMap(name => cellsOf(name, {}).map(describeCell))
    expect(new Set(names).size).to.equal(names.length)
  })

  it('cover every row of the table of figures', () => {
    const names = Object.keys(loads).flatMap(name => cellsOf(name, {}).map(describeCell))
    expect(names).to.include.members([
      'getData, 1 in flight',
      'getData, 100000 in flight',
      'exists, 1000 in flight',
      'setData, 1000 in flight',
      'createDelete, 64 in flight',
      'getChildren, 100000 names, 2 in flight',
      'mixed, 64 in flight',
      'multi, 64 in flight',
      'payload, 0 B, 1000 in flight',
      'payload, 1 MiB, 16 in flight',
      'fanOut, 100000 watches, 1 in flight',
      'reconnect, 100000 watches, 1 in flight',
      'storm, 500 in flight',
    ])
  })

  it('take their numbers from the command line if it gives any', () => {
    const numbers = { inFlight: [7], payload: 0, children: [3], watched: 5, rate: 9 }
    expect(cellsOf('getData', numbers)).to.deep.equal([
      { name: 'getData', load: 'getData', inFlight: 7, payload: 0, children: 10, watched: 0, rate: 0 },
    ])
    expect(cellsOf('getChildren', numbers)[0]).to.include({ children: 3, inFlight: 7 })
    expect(cellsOf('fanOut', numbers)[0]!.watched).to.equal(5)
    expect(cellsOf('latency', numbers)[0]!.rate).to.equal(9)
  })
})
