// Bytes in, named fields out: `@zookit/jute/dissect`.

export { Dissector, dissectStream } from './dissect/dissector.ts'
export { formatFrame } from './dissect/format.ts'
export { dissectFrame } from './dissect/frame.ts'
export type {
  DissectedField,
  DissectedFrame,
  Fault,
  FieldValue,
  FrameKind,
  FrameOptions,
  Side,
  StreamOptions,
} from './dissect/types.ts'
