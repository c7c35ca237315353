const count = Number(process.argv[4])

/** Starts the clocks; what it returns stops them, tells the parent, and ends the process. */
export function report(): () => void {
  const start = performance.now()
  const cpu = process.cpuUsage()
  return () => {
    const seconds = (performance.now() - start) / 1000
    const { user, system } = process.cpuUsage(cpu)
    process.send?.({ perSecond: count / seconds, microseconds: (user + system) / count })
    process.disconnect()
    setImmediate(() => process.exit(0))
  }
}
