import { clientNamed } from '../clients.ts'
import { cellsOf } from '../loads.ts'
import { type MeasuredRound, takeTurns } from '../measure.ts'
import { cpu, p50, ratioOf, throughput } from '../statistics.ts'
import { startTarget, type Target } from '../targets.ts'
import { type Bar, bar } from './bar.ts'
import { type Budget, cell, type Measured } from './context.ts'

const REFERENCES = ['floor', 'lean', 'floor-batch'] as const
const HOT = [...REFERENCES, 'zookit']
/** Rounds that are long beside the time in which the heap grows: it shrinks between two rounds. */
const LONG = { rounds: 5, seconds: 1.5 }

/**
 * Makes the bars against a bare socket that writes each frame, and against the least work that gives promises and records.
 * A socket that writes blocks that were laid out in advance does nothing for a request: it is shown for comparison.
 */
function againstAll(load: string, inFlight: number, measured: Measured): Bar[] {
  const limits = { floor: 0.9, lean: inFlight === 1000 ? 0.95 : 0.9, 'floor-batch': null }
  return REFERENCES.map(name =>
    bar(
      `${load}, ${inFlight} in flight: throughput against ${name}`,
      'at least',
      limits[name],
      '×',
      measured.ratio('zookit', name, throughput),
    ),
  )
}

/** Measures getData, exists and setData against a stub. */
export async function hotPath(budget: Budget, stub: Target): Promise<Bar[]> {
  const bars: Bar[] = []
  for (const inFlight of [1000, 64]) {
    for (const load of ['getData', 'exists', 'setData']) {
      const measured = await cell(budget, stub, { load, inFlight: [inFlight] }, HOT)
      bars.push(...againstAll(load, inFlight, measured))
    }
  }
  for (const load of ['getData', 'exists', 'setData']) {
    const measured = await cell(budget, stub, { load, inFlight: [1] }, ['floor', 'zookit'])
    bars.push(
      bar(
        `${load}, 1 in flight: p50 against floor`,
        'at most',
        1.05,
        '×',
        measured.ratio('zookit', 'floor', p50),
      ),
    )
  }
  return bars
}

/** The most that a getData may cost with 10 000 and 100 000 in flight, on Node 24 and later, against one with 1000. */
const GROWTH_LIMITS: readonly number[] = [1, 1.25, 2.5]

/** Measures the CPU time of an operation with more and more in flight, beside that with 1 000, in turns. */
export async function growth({ effort }: Budget, stub: Target): Promise<Bar[]> {
  const numbers = { inFlight: [1000, 10_000, 100_000] }
  const names = ['zookit', 'lean', 'promises']
  const cells = cellsOf('getData', numbers)
  const entrants = names.flatMap(name => cells.map(cell => ({ entry: clientNamed(name), cell })))
  await stub.prepare(cells[0]!)
  const outcomes = await takeTurns(entrants, stub, { ...effort, ...LONG })
  const roundsOf = (name: string, index: number): readonly MeasuredRound[] => {
    const outcome = outcomes[names.indexOf(name) * cells.length + index]!
    if ('reason' in outcome) throw new Error(`${name}: ${outcome.reason}`)
    return outcome.rounds
  }
  return [1, 2].flatMap(index =>
    names.map(name => {
      const { inFlight } = cells[index]!
      const own = ratioOf(roundsOf(name, index), roundsOf(name, 0), cpu)
      const limit = name === 'zookit' ? GROWTH_LIMITS[index]! : null
      return bar(`${name}: CPU of a getData, ${inFlight} in flight against 1000`, 'at most', limit, '×', own)
    }),
  )
}

/** Measures other clients, and a subscriber to the diagnostics channel. */
export async function others(budget: Budget, stub: Target): Promise<Bar[]> {
  const ours = ['zookit', 'zookit-observed', 'node-zookeeper-client']
  const limits = {
    'node-zookeeper-client': 25,
    go: 10,
    'go-samuel': 10,
    java: null,
    curator: null,
    c: null,
    kazoo: null,
    zookeeper: null,
  }
  const measured = await cell(
    budget,
    stub,
    { load: 'getData', inFlight: [1000] },
    ours,
    Object.keys(limits).filter(name => !ours.includes(name)),
  )
  const bars = [
    bar(
      'with a diagnostics subscriber: throughput against none',
      'at least',
      0.7,
      '×',
      measured.ratio('zookit-observed', 'zookit', throughput),
    ),
  ]
  for (const [name, limit] of Object.entries(limits)) {
    if (!measured.has(name)) continue
    const ratio = measured.ratio('zookit', name, throughput)
    bars.push(bar(`getData, 1000 in flight: throughput against ${name}`, 'at least', limit, '×', ratio))
  }
  return bars
}

/** Measures the alias beside the package whose name it takes. */
export async function alias(budget: Budget, stub: Target): Promise<Bar[]> {
  const original = 'node-zookeeper-client'
  const bars: Bar[] = []
  for (const load of ['getData', 'exists', 'setData']) {
    for (const inFlight of [1, 64, 1000]) {
      const measured = await cell(budget, stub, { load, inFlight: [inFlight] }, ['alias', original])
      // With one in flight, both wait for the server most of the time.
      const limit = inFlight === 1 ? null : 20
      const ratio = measured.ratio('alias', original, throughput)
      bars.push(
        bar(
          `alias, ${load}, ${inFlight} in flight: throughput against ${original}`,
          'at least',
          limit,
          '×',
          ratio,
        ),
      )
    }
  }
  return bars
}

/** Measures reads of large data. */
export async function large(budget: Budget, stub: Target): Promise<Bar[]> {
  const bars: Bar[] = []
  for (const [name, payload] of [
    ['64 KiB', 65_536],
    ['1 MiB', 1_048_576],
  ] as const) {
    const numbers = { inFlight: [16], payload }
    const effort = { ...budget.effort, rounds: 11, seconds: 0.4 }
    const measured = await cell({ effort }, stub, { load: 'getData', ...numbers }, [
      'floor',
      'floor-batch',
      'zookit',
    ])
    for (const [floor, limit] of [
      ['floor', 0.9],
      ['floor-batch', null],
    ] as const) {
      const ratio = measured.ratio('zookit', floor, throughput)
      bars.push(
        bar(`${name} reads, 16 in flight: throughput against ${floor}`, 'at least', limit, '×', ratio),
      )
    }
    const more = measured.ratio('zookit', 'floor', cpu)
    bars.push(bar('  CPU of such a read against floor', 'at most', null, '×', more))
  }
  return bars
}

/** Measures CPU time against a real server, which is slower than the client. */
export async function realServer(budget: Budget): Promise<Bar[]> {
  const real = await startTarget('real', undefined)
  try {
    // The rounds must be longer than the garbage collection pauses of the server.
    const effort = { ...budget.effort, rounds: 15, seconds: 0.4 }
    const measured = await cell({ effort }, real, { load: 'getData', inFlight: [64] }, HOT)
    return REFERENCES.map(name =>
      bar(
        `${real.name}, getData, 64 in flight: CPU against ${name}`,
        'at most',
        name === 'floor' ? 1.1 : null,
        '×',
        measured.ratio('zookit', name, cpu),
      ),
    )
  } finally {
    await real.stop()
  }
}
