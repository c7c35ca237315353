// buffer-layout 1.2.2 ships no types. These cover what this package and its tests use of it. Nothing public
// mentions them: `@zookit/jute/layout` exports interfaces of its own, so users need no types of buffer-layout.

declare module 'buffer-layout' {
  export class Layout<T = unknown> {
    constructor(span: number, property?: string)
    readonly span: number
    readonly property: string | undefined
    decode(bytes: Buffer, offset?: number): T
    encode(value: T, bytes: Buffer, offset?: number): number
    getSpan(bytes?: Buffer, offset?: number): number
    replicate(property: string): this
  }

  export class Structure<T extends object> extends Layout<T> {
    constructor(fields: readonly Layout[], property?: string)
    readonly fields: readonly Layout[]
    makeDestinationObject(): object
  }

  export class IntBE extends Layout<number> {}

  /** Makes the layout of a signed 64-bit integer as a number, big-endian. */
  export function ns64be(property?: string): Layout<number>
  export function u8(property?: string): Layout<number>
  export function u16be(property?: string): Layout<number>
  export function struct<T extends object>(fields: readonly Layout[], property?: string): Structure<T>
  export function cstr(property?: string): Layout<string>
}
