// `pnpm bench:codec` measures the decoding and encoding of each hot record, beside a buffer-layout of the same bytes and the
// jute of node-zookeeper-client. `--json` prints nanoseconds instead of a table.

import Table from 'cli-table3'
import { do_not_optimize, measure } from 'mitata'
import { type CodecCase, cases } from './codec/cases.ts'
import { script } from './command-line.ts'

/** One record in one direction, with the median sample of each codec in nanoseconds. */
interface Row {
  record: string
  bytes: number
  direction: 'encode' | 'decode'
  zookit: number
  bufferLayout: number
  nodeZookeeperClient: number | null
}

const EFFORT = { min_cpu_time: 150e6, inner_gc: false }

async function nanoseconds(run: () => unknown): Promise<number> {
  const { p50 } = await measure(() => do_not_optimize(run()), EFFORT)
  return p50
}

async function rowsOf({
  record,
  bytes,
  zookit,
  bufferLayout,
  nodeZookeeperClient,
}: CodecCase): Promise<Row[]> {
  const rows: Row[] = []
  for (const direction of ['encode', 'decode'] as const) {
    const theirs = nodeZookeeperClient?.[direction]
    rows.push({
      record,
      bytes,
      direction,
      zookit: await nanoseconds(zookit[direction]),
      bufferLayout: await nanoseconds(bufferLayout[direction]),
      nodeZookeeperClient: theirs ? await nanoseconds(theirs) : null,
    })
  }
  return rows
}

function times(value: number | null, zookit: number): string {
  return value === null ? '-' : `${value.toFixed(0)} (${(value / zookit).toFixed(1)} ×)`
}

const { json } = script(
  'bench:codec',
  'Measures the decoding and encoding of each hot record, beside other codecs.',
)
  .option('--json', 'print nanoseconds instead of a table')
  .parse()
  .opts<{ json?: boolean }>()
const rows: Row[] = []
for (const one of cases()) rows.push(...(await rowsOf(one)))
if (json) {
  console.log(JSON.stringify(rows))
} else {
  const head = ['record', 'bytes', '', 'zookit, ns', 'buffer-layout, ns', 'node-zookeeper-client, ns']
  const colAligns = ['left', 'right', 'left', 'right', 'right', 'right'] as const
  const table = new Table({ head, colAligns: [...colAligns], style: { head: [], border: [], compact: true } })
  for (const { record, bytes, direction, zookit, bufferLayout, nodeZookeeperClient } of rows) {
    const others = [times(bufferLayout, zookit), times(nodeZookeeperClient, zookit)]
    table.push([record, bytes, direction, zookit.toFixed(zookit < 100 ? 1 : 0), ...others])
  }
  console.log(table.toString())
}
