/** Makes the methods of a class enumerable, as those of a function's prototype are: wrappers find them by `for in`. */
export function makeEnumerable({ prototype }: { readonly prototype: object }): void {
  const { constructor: _, ...members } = Object.getOwnPropertyDescriptors(prototype)
  for (const [name, member] of Object.entries(members)) {
    // A getter may throw where it is copied.
    if ('value' in member) Object.defineProperty(prototype, name, { ...member, enumerable: true })
  }
}
