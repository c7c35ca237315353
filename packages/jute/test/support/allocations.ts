/** The bytes that `work` asks of Buffer's allocators. Strings and arrays are not counted. */
export function allocatedBy(work: () => void): number {
  const { alloc, allocUnsafe, allocUnsafeSlow, from } = Buffer
  let total = 0
  const counting =
    <F extends (size: number) => Buffer>(allocator: F): ((size: number) => Buffer) =>
    size => {
      total += size
      return allocator(size)
    }
  const copying = (...args: unknown[]): Buffer => {
    const [source] = args
    if (source instanceof Uint8Array) total += source.length
    return Reflect.apply(from, Buffer, args)
  }
  Object.assign(Buffer, {
    alloc: counting(alloc),
    allocUnsafe: counting(allocUnsafe),
    allocUnsafeSlow: counting(allocUnsafeSlow),
    from: copying,
  })
  try {
    work()
  } finally {
    Object.assign(Buffer, { alloc, allocUnsafe, allocUnsafeSlow, from })
  }
  return total
}
