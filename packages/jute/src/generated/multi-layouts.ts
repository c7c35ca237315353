// Printed from protocol-spec by protocol-spec/generate.ts. Change the spec, not this file.

import type { Layout } from '../layout/types.ts'
import {
  CheckVersionRequestLayout,
  Create2ResponseLayout,
  CreateRequestLayout,
  CreateResponseLayout,
  CreateTTLRequestLayout,
  DeleteRequestLayout,
  ErrorResponseLayout,
  GetChildrenRequestLayout,
  GetChildrenResponseLayout,
  GetDataRequestLayout,
  GetDataResponseLayout,
  SetDataRequestLayout,
  SetDataResponseLayout,
} from './layouts.ts'

/** The layouts of the operations of a multi or multiRead, by opcode. */
export const multiRequestLayouts: ReadonlyMap<number, Layout<unknown>> = new Map<number, Layout<unknown>>([
  [1, CreateRequestLayout],
  [2, DeleteRequestLayout],
  [4, GetDataRequestLayout],
  [5, SetDataRequestLayout],
  [8, GetChildrenRequestLayout],
  [13, CheckVersionRequestLayout],
  [15, CreateRequestLayout],
  [19, CreateRequestLayout],
  [21, CreateTTLRequestLayout],
])

/** The layouts of the results, by type; null where a result has no body. */
export const multiResultLayouts: ReadonlyMap<number, Layout<unknown> | null> = new Map<
  number,
  Layout<unknown> | null
>([
  [-1, ErrorResponseLayout],
  [1, CreateResponseLayout],
  [2, null],
  [4, GetDataResponseLayout],
  [5, SetDataResponseLayout],
  [8, GetChildrenResponseLayout],
  [13, null],
  [15, Create2ResponseLayout],
])
