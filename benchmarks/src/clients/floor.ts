// The floor: a bare socket that writes frames built beforehand and counts the replies. For each read: cork, one write for
// each frame that may now be sent, uncork; a single frame is written without a cork. That is a client which builds
// nothing, matches nothing, decodes nothing and promises nothing, but sends request by request.

import { bareRounds, type Sender } from './bare/rounds.ts'
import { serve } from './support/serve.ts'

const perFrame: Sender = ({ socket }, { each }) => {
  let next = 0
  const sendOne = (): void => {
    socket.write(each[next]!)
    next = next + 1 === each.length ? 0 : next + 1
  }
  return count => {
    if (count === 1) return sendOne()
    socket.cork()
    for (let i = 0; i < count; i++) sendOne()
    socket.uncork()
  }
}

await serve(process.version, bareRounds(perFrame))
