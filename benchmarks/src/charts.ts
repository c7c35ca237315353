import { writeFileSync } from 'node:fs'
import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import { describeCell } from './loads.ts'
import type { CellResult } from './measure.ts'
import type { Results } from './results.ts'

interface Bar {
  cell: string
  client: string
  /** Operations per second: the median round, the lowest and the highest. */
  median: number
  low: number
  high: number
}

function barsOf(cell: CellResult): Bar[] {
  const name = describeCell(cell).replace(`${cell.name}, `, '')
  return cell.clients.map(({ client, rounds }) => {
    const sorted = rounds.map(({ ops, seconds }) => ops / seconds).sort((a, b) => a - b)
    const [low, median, high] = [sorted[0]!, sorted[sorted.length >> 1]!, sorted.at(-1)!]
    return { cell: name, client, median, low, high }
  })
}

function chart(title: string, values: Bar[]): TopLevelSpec {
  const x = { field: 'cell', type: 'nominal' as const, sort: null, title: null, axis: { labelAngle: 0 } }
  const xOffset = { field: 'client', sort: null }
  const scale = { type: 'log' as const }
  const bottom = 10 ** Math.floor(Math.log10(Math.min(...values.map(({ low }) => low))))
  return {
    title,
    data: { values },
    width: { step: 22 },
    height: 260,
    encoding: { x, xOffset },
    layer: [
      {
        mark: 'bar',
        encoding: {
          y: { field: 'median', type: 'quantitative', scale, title: 'operations per second, logarithmic' },
          y2: { datum: bottom },
          color: {
            field: 'client',
            type: 'nominal',
            sort: null,
            title: null,
            scale: { scheme: 'tableau20' },
            legend: { labelLimit: 300 },
          },
        },
      },
      {
        mark: 'rule',
        encoding: {
          y: { field: 'low', type: 'quantitative', scale },
          y2: { field: 'high' },
        },
      },
    ],
    config: { background: 'white', font: 'sans-serif' },
  }
}

/** Writes one SVG for each load: `prefix-getData.svg`. @returns the files. */
export async function writeCharts(prefix: string, results: Results): Promise<string[]> {
  const files: string[] = []
  for (const name of new Set(results.cells.map(cell => cell.name))) {
    const bars = results.cells.filter(cell => cell.name === name).flatMap(barsOf)
    if (bars.length === 0) continue
    const { spec } = compile(chart(`${name}: ${results.target}`, bars))
    const file = `${prefix}-${name}.svg`
    writeFileSync(file, `${await new View(parse(spec), { renderer: 'none' }).toSVG()}\n`)
    files.push(file)
  }
  return files
}
