// The floor: a bare socket that writes frames built beforehand and counts the replies. One `write` for each frame, as
// whoever uses a bare socket writes: each is a system call of its own.

import { bareRounds, type Sender } from './bare/rounds.ts'
import { serve } from './support/serve.ts'

const perFrame: Sender = ({ socket }, { each }) => {
  let next = 0
  return count => {
    for (let i = 0; i < count; i++) {
      socket.write(each[next]!)
      next = next + 1 === each.length ? 0 : next + 1
    }
  }
}

await serve(process.version, bareRounds(perFrame))
