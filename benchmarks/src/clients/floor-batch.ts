// Lower than the floor: for each read, one write of a block in which the frames stand one behind the other already.
// No client can be here, for requests are made one by one; it shows what a write costs.

import { bareRounds, type Sender } from './bare/rounds.ts'
import { serve } from './support/serve.ts'

const perRead: Sender = ({ socket }, { block, each }) => {
  let next = 0
  return count => {
    while (count > 0) {
      const run = Math.min(count, each.length - next)
      const first = each[next]!
      const last = each[next + run - 1]!
      const from = first.byteOffset - block.byteOffset
      socket.write(block.subarray(from, last.byteOffset - block.byteOffset + last.length))
      next = (next + run) % each.length
      count -= run
    }
  }
}

await serve(process.version, bareRounds(perRead))
