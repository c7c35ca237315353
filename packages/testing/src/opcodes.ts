import { type Operation, op } from '@zookit/jute'

/** Opcodes by name: what the pipeline branches on. */
export const Opcode = {
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getACL: 6,
  setACL: 7,
  getChildren: 8,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  create2: 15,
  reconfig: 16,
  checkWatches: 17,
  removeWatches: 18,
  createContainer: 19,
  deleteContainer: 20,
  createTTL: 21,
  multiRead: 22,
  auth: 100,
  setWatches: 101,
  sasl: 102,
  getEphemerals: 103,
  getAllChildrenNumber: 104,
  setWatches2: 105,
  addWatch: 106,
  whoAmI: 107,
  createSession: -10,
  closeSession: -11,
  error: -1,
} as const

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
