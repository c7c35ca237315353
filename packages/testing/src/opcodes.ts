import { type AnyOperation, OpCode, op, ServerOpCode } from '@zookit/jute'

/** Opcodes by name, with those that only servers know: what the pipeline branches on. */
export const Opcode: typeof OpCode & typeof ServerOpCode = { ...OpCode, ...ServerOpCode }

/** The operation table by opcode. */
export const operationByCode: ReadonlyMap<number, AnyOperation> = new Map(
  op.operations.map(row => [row.code, row]),
)

/** The name of an opcode, or its number where there is none. */
export function operationName(code: number): string {
  return operationByCode.get(code)?.name ?? `opcode ${code}`
}
