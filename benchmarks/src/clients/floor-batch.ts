// Below the floor: one write for each read, of a block in which the frames stand one behind the other already. Nothing is
// done for a request at all; it shows how little a socket can cost when nobody asks it for one thing at a time.

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
