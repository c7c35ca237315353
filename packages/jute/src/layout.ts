// The records as buffer-layout layouts: `@zookit/jute/layout`.

export * from './generated/layouts.ts'
export { operationLayouts } from './generated/operation-layouts.ts'
export { nullableVector, record, vector } from './layout/containers.ts'
export {
  boolean,
  buffer,
  int,
  long,
  longNumber,
  nullableBuffer,
  nullableUstring,
  optionalBoolean,
  ustring,
} from './layout/fields.ts'
export { MultiRequestLayout, MultiResponseLayout } from './layout/multi.ts'
export type {
  AnyLayout,
  BufferLayout,
  FieldKind,
  FieldLayout,
  JuteLayout,
  Layout,
  LayoutKind,
  MultiLayout,
  OperationLayouts,
  RecordLayout,
  VectorLayout,
} from './layout/types.ts'
