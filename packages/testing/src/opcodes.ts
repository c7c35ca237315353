import { type AnyOperation, OpCode, op, ServerOpCode } from '@zookit/jute'

/** The opcodes by name, with those that only servers use. */
export const Opcode: typeof OpCode & typeof ServerOpCode = { ...OpCode, ...ServerOpCode }

/** The operations by opcode. */
export const operationByCode: ReadonlyMap<number, AnyOperation> = new Map(
  op.operations.map(row => [row.code, row]),
)

/** Returns the name of an opcode, or its number where it has no name. */
export function operationName(code: number): string {
  return operationByCode.get(code)?.name ?? `opcode ${code}`
}
