import type { Sender } from './rounds.ts'

/** Writes frame by frame. */
export const perFrame: Sender = ({ socket }, { each }) => {
  let next = 0
  return count => {
    for (let i = 0; i < count; i++) {
      socket.write(each[next]!)
      next = next + 1 === each.length ? 0 : next + 1
    }
  }
}

/** Writes frame by frame to a corked socket, so that all frames for which one read made room leave together. */
export const corked: Sender = (bare, frames) => {
  const send = perFrame(bare, frames)
  return count => {
    bare.socket.cork()
    send(count)
    bare.socket.uncork()
  }
}

/** Writes all frames for which one read made room at once, from a block in which they lie one behind the other. */
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
