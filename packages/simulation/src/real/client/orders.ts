import type { Shown } from './loads/caches.ts'

/** The settings of a process of a client. */
export interface ClientPlan {
  readonly name: string
  readonly life: number
  readonly hosts: string
  readonly secure: boolean
  readonly sessionTimeout: number
  readonly seed: string
  /** The file for its history. */
  readonly file: string
}

/** An order for a client. */
export interface Order {
  readonly order: 'clock' | 'finish' | 'report' | 'close'
  /** The milliseconds by which its wall clock is stepped. */
  readonly by?: number
}

/** The view that a client has of the tree at a quiet point. */
export interface Reports {
  readonly watches: { readonly chain: string | null }
  readonly caches: { readonly tree: Shown | string; readonly children: Shown | string }
  readonly discovery: readonly string[] | string
}

/** The answer of a client to an order that it has carried out. */
export interface Answer {
  readonly done: Order['order']
  readonly state: string
  readonly reports: Reports
}
