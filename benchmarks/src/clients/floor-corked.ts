// Between the two: the frames that one read makes room for are written one by one, but the socket is corked meanwhile, so that
// they leave in one system call.

import { bareRounds, type Sender } from './bare/rounds.ts'
import { serve } from './support/serve.ts'

const corked: Sender = ({ socket }, { each }) => {
  let next = 0
  return count => {
    socket.cork()
    for (let i = 0; i < count; i++) {
      socket.write(each[next]!)
      next = next + 1 === each.length ? 0 : next + 1
    }
    socket.uncork()
  }
}

await serve(process.version, bareRounds(corked))
