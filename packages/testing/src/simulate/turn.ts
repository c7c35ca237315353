/** Turns that are asked for at a time: Node then takes them without a look at sockets and timers in between. */
const AT_ONCE = 64

/**
 * Calls a function again and again, each time when every microtask that is due has run, and every microtask that these have
 * scheduled.
 *
 * `setImmediate` runs its callback only after the queues of `process.nextTick` and of promises are empty: it is the only
 * part of a world that is real, and no time of the world passes in it.
 *
 * @param turn returns false when it is not to be called again.
 * @throws what the function throws.
 */
export function eachTurn(turn: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOver = false
    const next = (): void => {
      if (isOver) return
      try {
        isOver = !turn()
        if (isOver) resolve()
      } catch (error) {
        isOver = true
        reject(error)
      }
    }
    const ask = (): void => {
      for (let count = 1; count < AT_ONCE; count++) setImmediate(next)
      setImmediate(() => {
        next()
        if (!isOver) ask()
      })
    }
    ask()
  })
}
