import { signal } from '@preact/signals'
import { useEffect, useState } from 'preact/hooks'
import type { TrafficRecord } from '../../src/protocol.ts'
import { get } from '../api.ts'
import { formatClock } from '../parts/format.ts'
import { Table } from '../parts/table.tsx'
import { View } from '../parts/view.tsx'
import { visible } from '../paths.ts'
import { frames, framesDropped, hello } from '../state.ts'
import { placeKnown } from '../stream.ts'
import { Upkeep } from '../upkeep.ts'

/** Frames that are drawn: the newest. */
const MOST_ROWS = 200
/** The upper ends of the classes of the histogram, in milliseconds. */
const CLASSES = [0.5, 1, 2, 5, 10, 20, 50, 100, Number.POSITIVE_INFINITY]

const isPaused = signal(false)
const kept = signal<readonly TrafficRecord[]>([])

/** The frames that have passed the proxy. */
export function TrafficView() {
  const [operation, setOperation] = useState('')
  const [path, setPath] = useState('')
  const [least, setLeast] = useState(0)
  const [chosen, choose] = useState<TrafficRecord | null>(null)
  const stream = hello.value?.traffic === true ? hello.value.page : null
  useEffect(() => (stream === null ? undefined : readPast()), [stream])
  if (hello.value?.traffic === false)
    return (
      <View name="Traffic">
        <p>
          Start the console with <code>--sniff PORT</code>, and point clients to that port.
        </p>
      </View>
    )
  const all = isPaused.value ? kept.value : frames.value
  const matches = all.filter(
    each =>
      each.operation !== 'ping' &&
      (operation === '' || (each.operation ?? each.kind).toLowerCase().includes(operation.toLowerCase())) &&
      (path === '' || each.paths.some(one => one.startsWith(path))) &&
      (least === 0 || (each.took ?? 0) >= least),
  )
  const pause = (): void => {
    kept.value = frames.value
    isPaused.value = !isPaused.value
  }
  return (
    <View
      name="Traffic"
      button={
        <button type="button" aria-pressed={isPaused.value} onClick={pause}>
          {isPaused.value ? 'Go on' : 'Pause'}
        </button>
      }
    >
      <div class="filters">
        <label>
          Operation{' '}
          <input type="text" value={operation} onInput={event => setOperation(event.currentTarget.value)} />
        </label>
        <label>
          Path begins with{' '}
          <input type="text" value={path} onInput={event => setPath(event.currentTarget.value)} />
        </label>
        <label>
          At least ms{' '}
          <input
            type="number"
            min={0}
            value={least}
            onInput={event => setLeast(Number(event.currentTarget.value))}
          />
        </label>
      </div>
      <Histogram frames={all} />
      <p class="quiet">
        {matches.length.toLocaleString('en')} of the newest {all.length.toLocaleString('en')} frames
        {framesDropped.value > 0 &&
          `; ${framesDropped.value.toLocaleString('en')} came too quickly and were left out`}
        {matches.length > MOST_ROWS && `; the newest ${MOST_ROWS} stand here`}. Heartbeats are not shown.
      </p>
      {chosen !== null && (
        <pre class="data" role="region" tabIndex={0} aria-label="Fields of the frame">
          {visible(chosen.fields).replaceAll('\\x0a', '\n')}
        </pre>
      )}
      <Frames rows={matches.slice(-MOST_ROWS).toReversed()} onChoose={choose} />
    </View>
  )
}

/** Reads the frames that have passed before the stream tells of them. @returns a function that ends it. */
function readPast(): () => void {
  const reading = new Upkeep(async () => {
    await placeKnown()
    const { frames: past } = await get<{ frames: TrafficRecord[] }>('traffic')
    const until = past.at(-1)?.at ?? 0
    frames.value = [...past, ...frames.value.filter(({ at }) => at > until)]
  })
  void reading.ask()
  return () => reading.stop()
}

function Frames({
  rows,
  onChoose,
}: {
  rows: readonly TrafficRecord[]
  onChoose: (frame: TrafficRecord) => void
}) {
  return (
    <Table
      kind="frames"
      heads={['time', 'client', 'way', 'operation', 'error', 'ms', 'bytes', 'fields', 'path']}
    >
      {rows.map(frame => (
        <tr
          key={`${frame.at} ${frame.peer} ${frame.side} ${frame.xid} ${frame.kind}`}
          class={frame.error === null ? '' : 'refused'}
        >
          <td>{formatClock(frame.at)}</td>
          <td>{frame.peer}</td>
          <td title={frame.side === 'client' ? 'to the server' : 'to the client'}>
            {frame.side === 'client' ? '→' : '←'}
          </td>
          <td>{frame.operation ?? frame.kind}</td>
          <td class="bad">{frame.error ?? frame.fault ?? ''}</td>
          <td class="number">{frame.took?.toFixed(1) ?? ''}</td>
          <td class="number">{frame.length}</td>
          <td>
            <button
              type="button"
              aria-label={`Fields of ${frame.operation ?? frame.kind}`}
              onClick={() => onChoose(frame)}
            >
              …
            </button>
          </td>
          <td>
            <bdi>{visible(frame.paths.join(' '))}</bdi>
          </td>
        </tr>
      ))}
    </Table>
  )
}

/** Latency by operation: how many replies took how long. */
function Histogram({ frames: all }: { frames: readonly TrafficRecord[] }) {
  const counts = new Map<string, number[]>()
  for (const { took, operation, kind } of all) {
    if (took === null || operation === 'ping') continue
    const row = counts.get(operation ?? kind) ?? CLASSES.map(() => 0)
    row[CLASSES.findIndex(end => took <= end)]!++
    counts.set(operation ?? kind, row)
  }
  if (counts.size === 0) return null
  const most = Math.max(...[...counts.values()].flat())
  return (
    <div class="scroll" tabIndex={0}>
      <table class="histogram">
        <caption>Replies by their time</caption>
        <thead>
          <tr>
            <th>operation</th>
            {CLASSES.map(end => (
              <th key={end}>{Number.isFinite(end) ? `≤ ${end} ms` : 'more'}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...counts].sort().map(([name, row]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {row.map((count, i) => (
                <td
                  key={i}
                  class={`heat-${count === 0 ? 0 : Math.ceil((4 * Math.log1p(count)) / Math.log1p(most))}`}
                >
                  {count || ''}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
