import { OpCode, type Operation, op } from '@zookit/jute'

/** Opcodes by name, with those that only servers know: what the pipeline branches on. */
export const Opcode: typeof OpCode & {
  readonly deleteContainer: 20
  readonly createSession: -10
  readonly error: -1
} = { ...OpCode, deleteContainer: 20, createSession: -10, error: -1 }

/** An operation as the table has it, whatever its bodies are. */
export type AnyOperation = Operation<never, unknown>

/** The operation table by opcode. */
export const operationByCode: ReadonlyMap<number, AnyOperation> = new Map(
  op.operations.map(row => [row.code, row]),
)

/** The name of an opcode, or its number where there is none. */
export function operationName(code: number): string {
  return operationByCode.get(code)?.name ?? `opcode ${code}`
}
