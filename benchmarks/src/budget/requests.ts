import { cpu, p50, throughput } from '../statistics.ts'
import { startTarget, type Target } from '../targets.ts'
import { type Bar, bar } from './bar.ts'
import { type Budget, cell, type Measured } from './context.ts'

const REFERENCES = ['floor', 'floor-batch', 'lean'] as const
const HOT = [...REFERENCES, 'zookit']

/** The bar stands against each way of writing to a bare socket; `lean` is for comparison. */
function againstAll(what: string, measured: Measured): Bar[] {
  return REFERENCES.map(name =>
    bar(
      `${what}: throughput against ${name}`,
      'at least',
      name === 'lean' ? null : 0.9,
      '×',
      measured.ratio('zookit', name, throughput),
    ),
  )
}

/** getData, exists and setData against a stub. */
export async function hotPath(budget: Budget, stub: Target): Promise<Bar[]> {
  const bars: Bar[] = []
  for (const inFlight of [1000, 64]) {
    for (const load of ['getData', 'exists', 'setData']) {
      const measured = await cell(budget, stub, load, { inFlight: [inFlight] }, HOT)
      bars.push(...againstAll(`${load}, ${inFlight} in flight`, measured))
    }
  }
  for (const load of ['getData', 'exists', 'setData']) {
    const measured = await cell(budget, stub, load, { inFlight: [1] }, ['floor', 'zookit'])
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

/** CPU time of an operation as more and more are in flight, beside that at 1 000. */
export async function growth(budget: Budget, stub: Target): Promise<Bar[]> {
  const at = (inFlight: number): Promise<Measured> =>
    cell(budget, stub, 'getData', { inFlight: [inFlight] }, ['lean', 'zookit'])
  const usual = await at(1000)
  const bars: Bar[] = []
  for (const inFlight of [10_000, 100_000]) {
    const many = await at(inFlight)
    for (const name of ['zookit', 'lean']) {
      const own = cpuRatio(many, usual, name)
      const limit = name === 'zookit' ? 1.25 : null
      bars.push(
        bar(`${name}: CPU of a getData, ${inFlight} in flight against 1000`, 'at most', limit, '×', own),
      )
    }
  }
  return bars
}

function cpuRatio(many: Measured, usual: Measured, name: string): number {
  const median = (measured: Measured): number => {
    const sorted = measured
      .rounds(name)
      .map(cpu)
      .sort((a, b) => a - b)
    return sorted[sorted.length >> 1]!
  }
  return median(many) / median(usual)
}

/** Other clients, and a subscriber to the diagnostics channel. */
export async function others(budget: Budget, stub: Target): Promise<Bar[]> {
  const ours = ['zookit', 'zookit-observed', 'node-zookeeper-client']
  const measured = await cell(budget, stub, 'getData', { inFlight: [1000] }, ours, [
    'go',
    'java',
    'c',
    'kazoo',
    'zookeeper',
  ])
  const bars = [
    bar(
      'with a diagnostics subscriber: throughput against none',
      'at least',
      0.7,
      '×',
      measured.ratio('zookit-observed', 'zookit', throughput),
    ),
  ]
  const limits = { 'node-zookeeper-client': 25, go: 10, java: null, c: null, kazoo: null, zookeeper: null }
  for (const [name, limit] of Object.entries(limits)) {
    if (!measured.has(name)) continue
    const ratio = measured.ratio('zookit', name, throughput)
    bars.push(bar(`getData, 1000 in flight: throughput against ${name}`, 'at least', limit, '×', ratio))
  }
  return bars
}

/** Reads whose data outweigh everything else. */
export async function large(budget: Budget, stub: Target): Promise<Bar[]> {
  const bars: Bar[] = []
  for (const [name, payload] of [
    ['64 KiB', 65_536],
    ['1 MiB', 1_048_576],
  ] as const) {
    const numbers = { inFlight: [16], payload }
    const measured = await cell(budget, stub, 'getData', numbers, ['floor', 'floor-batch', 'zookit'])
    for (const floor of ['floor', 'floor-batch']) {
      const ratio = measured.ratio('zookit', floor, throughput)
      bars.push(bar(`${name} reads, 16 in flight: throughput against ${floor}`, 'at least', 0.9, '×', ratio))
    }
  }
  return bars
}

/** CPU time where a real server is the limit. */
export async function realServer(budget: Budget): Promise<Bar[]> {
  const real = await startTarget('real', undefined)
  try {
    const measured = await cell(budget, real, 'getData', { inFlight: [64] }, HOT)
    return REFERENCES.map(name =>
      bar(
        `${real.name}, getData, 64 in flight: CPU against ${name}`,
        'at most',
        name === 'lean' ? null : 1.1,
        '×',
        measured.ratio('zookit', name, cpu),
      ),
    )
  } finally {
    await real.stop()
  }
}
