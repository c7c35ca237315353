import * as records from '../../src/generated/records.ts'
import type { Reader, Writer } from '../../src/index.ts'
import type { RecordLayout } from '../../src/layout.ts'
import * as layouts from '../../src/layout.ts'

/** The two readings of one record. */
export interface Codec {
  readonly read: (reader: Reader) => unknown
  readonly write: (writer: Writer, value: unknown) => void
  readonly layout: RecordLayout<unknown>
}

/** Returns the generated codec and the layout of a record, by its name. */
export function codecOf(record: string): Codec {
  const functions = records as unknown as { readonly [name: string]: unknown }
  const all = layouts as unknown as { readonly [name: string]: unknown }
  return {
    read: functions[`read${record}`] as Codec['read'],
    write: functions[`write${record}`] as Codec['write'],
    layout: all[`${record}Layout`] as Codec['layout'],
  }
}
