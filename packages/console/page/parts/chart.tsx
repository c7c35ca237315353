import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { scaleOf } from './scale.ts'

/** One line of a chart. */
export interface Line {
  readonly name: string
  readonly values: readonly (number | null)[]
}

interface ChartProps {
  readonly title: string
  readonly unit: string
  /** Seconds since 1970. */
  readonly times: readonly number[]
  readonly lines: readonly Line[]
}

const HEIGHT = 150
const COLOURS = ['--line-1', '--line-2', '--line-3', '--line-4', '--line-5', '--line-6']

/** A chart over time. The newest values stand beside it as text: a canvas tells a screen reader nothing. */
export function Chart({ title, unit, times, lines }: ChartProps) {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const names = lines.map(({ name }) => name).join(' ')
  useEffect(() => {
    const element = box.current!
    plot.current = new uPlot(optionsFor(element, lines), [[], ...lines.map(() => [])], element)
    const observer = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }),
    )
    observer.observe(element)
    return () => {
      observer.disconnect()
      plot.current?.destroy()
    }
  }, [names])
  useEffect(() => {
    plot.current?.setData([[...times], ...lines.map(({ values }) => [...values])])
  }, [times, names])
  return (
    <figure class="chart">
      <figcaption>
        {title} <span class="quiet">{unit}</span>
      </figcaption>
      <div ref={box} aria-hidden="true" />
      <ul class="legend">
        {lines.map(({ name, values }, i) => (
          <li key={name} class={`line-${(i % COLOURS.length) + 1}`}>
            <bdi>{name}</bdi> <strong>{values.at(-1)?.toLocaleString('en') ?? '-'}</strong>
          </li>
        ))}
      </ul>
    </figure>
  )
}

/** Returns the colour that a variable of the style sheet stands for now: a canvas knows no variables. */
function colourOf(element: HTMLElement, name: string): string {
  element.style.color = `var(${name})`
  const { color } = getComputedStyle(element)
  element.style.removeProperty('color')
  return color
}

function optionsFor(element: HTMLElement, lines: readonly Line[]): uPlot.Options {
  const colour = (name: string): string => colourOf(element, name)
  const grid = { stroke: colour('--rule'), width: 1 }
  const axis = { stroke: colour('--quiet'), grid, ticks: { show: false } }
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_plot, min, max) => scaleOf(min, max) } },
    axes: [
      { ...axis, space: 90 },
      { ...axis, size: 46, space: 34 },
    ],
    series: [
      {},
      ...lines.map((_, i) => ({
        stroke: colour(COLOURS[i % COLOURS.length]!),
        width: 2,
        spanGaps: false,
        points: { show: false },
      })),
    ],
  }
}
