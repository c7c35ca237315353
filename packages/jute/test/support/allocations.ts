/** Counts the bytes that are asked of Buffer's allocators. Strings and arrays are not counted. */
export class AllocationMeter {
  total = 0
  readonly #originals = {
    alloc: Buffer.alloc,
    allocUnsafe: Buffer.allocUnsafe,
    allocUnsafeSlow: Buffer.allocUnsafeSlow,
    from: Buffer.from,
  }

  /** Begins to count: puts itself in the allocators' place, until `stop()`. */
  start(): this {
    const { alloc, allocUnsafe, allocUnsafeSlow, from } = this.#originals
    const counting =
      (allocator: (size: number, ...filling: never[]) => Buffer) =>
      (size: number, ...filling: never[]): Buffer => {
        this.total += size
        return allocator(size, ...filling)
      }
    const copying = (source: unknown, encodingOrOffset?: unknown, length?: unknown): Buffer => {
      if (source instanceof Uint8Array) this.total += source.length
      return from(source as never, encodingOrOffset as never, length as never)
    }
    Object.assign(Buffer, {
      alloc: counting(alloc),
      allocUnsafe: counting(allocUnsafe),
      allocUnsafeSlow: counting(allocUnsafeSlow),
      from: copying,
    })
    return this
  }

  stop(): void {
    Object.assign(Buffer, this.#originals)
  }
}

/** Returns the bytes that `work` asks of Buffer's allocators. */
export function allocatedBy(work: () => void): number {
  const meter = new AllocationMeter().start()
  try {
    work()
  } finally {
    meter.stop()
  }
  return meter.total
}
