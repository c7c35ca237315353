import type { Sender } from './rounds.ts'

/** One write for each frame. */
export const perFrame: Sender = ({ socket }, { each }) => {
  let next = 0
  return count => {
    for (let i = 0; i < count; i++) {
      socket.write(each[next]!)
      next = next + 1 === each.length ? 0 : next + 1
    }
  }
}

/** One write for each frame, corked for all that one read makes room for. */
export const corked: Sender = (bare, frames) => {
  const send = perFrame(bare, frames)
  return count => {
    bare.socket.cork()
    send(count)
    bare.socket.uncork()
  }
}

/** One write, of a block in which the frames stand one behind the other already, for all that one read makes room for. */
export const perRead: Sender = ({ socket }, { block, each }) => {
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
