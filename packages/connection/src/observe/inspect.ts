import { printable } from '../errors.ts'

/** The name of the method that `util.inspect` and `console.log` call. */
const inspectCustom = Symbol.for('nodejs.util.inspect.custom')

/** Gives the objects of a class a text of a line for `util.inspect` and `console.log`: the name of the class, and `tell`. */
export function inspectAs<Instance extends object>(
  type: { readonly prototype: Instance },
  tell: (instance: Instance) => string,
): void {
  Object.defineProperty(type.prototype, inspectCustom, {
    configurable: true,
    value(this: Instance): string {
      const told = tell(this)
      return printable(`${this.constructor.name} ${told === '' ? '{}' : `{ ${told} }`}`)
    },
  })
}
