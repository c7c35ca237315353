import assert from 'node:assert'

const NAMES: Readonly<Record<number, string>> = {
  1: 'NODE_CREATED',
  2: 'NODE_DELETED',
  3: 'NODE_DATA_CHANGED',
  4: 'NODE_CHILDREN_CHANGED',
}

/** An event of a watch. */
export class Event {
  static readonly NODE_CREATED: number = 1
  static readonly NODE_DELETED: number = 2
  static readonly NODE_DATA_CHANGED: number = 3
  static readonly NODE_CHILDREN_CHANGED: number = 4

  type: number
  name: string
  path: string

  /** @throws AssertionError, or Error for an unknown type. */
  constructor(type: number, name: string, path: string) {
    checkType(type)
    assert(name && typeof name === 'string', 'the name of an event must be a non-empty string')
    this.type = type
    this.name = name
    this.path = path
  }

  /** Makes an event from its type and its path. @throws AssertionError, or Error for an unknown type. */
  static create(event: { type: number; path: string }): Event {
    assert(event, 'the event must be an object')
    checkType(event.type)
    return new Event(event.type, NAMES[event.type]!, event.path)
  }

  getType(): number {
    return this.type
  }

  getName(): string {
    return this.name
  }

  getPath(): string {
    return this.path
  }

  /** Returns the name, the type and the path, such as `NODE_CREATED[1]@/a`. */
  toString(): string {
    return `${this.name}[${this.type}]${this.path ? `@${this.path}` : ''}`
  }
}

function checkType(type: unknown): void {
  assert(typeof type === 'number', 'the type of an event must be a number')
  if (!(type in NAMES)) throw new Error(`Unknown type of event: ${type}`)
}
