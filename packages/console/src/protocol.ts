// The types that the page and its server share: what is in an answer, and what comes on the stream. Types alone, so that the browser
// loads nothing of the server.

/** The state of the session with the ensemble. */
export interface ConnectionView {
  /** The name that the client has for it: `connected`, `suspended`, `expired` and so on. */
  readonly state: string
  readonly server: string | null
  /** The session's id, `0x` and hexadecimal digits. */
  readonly session: string | null
  readonly lastError: string | null
}

/** The way in which changes are learned: a persistent recursive watch, or reading again and again. */
export type LiveMode = 'watch' | 'polling' | 'starting'

/** All that a page knows of its console before it asks. */
export interface HelloMessage {
  readonly type: 'hello'
  /** The page's number, which its requests name. */
  readonly page: string
  readonly name: string
  readonly hosts: string
  readonly write: boolean
  readonly traffic: boolean
  readonly demo: boolean
  readonly live: LiveMode
  readonly liveNote: string | null
  readonly connection: ConnectionView
}

/** A change of a znode that the page shows. `below` is a change somewhere below it. */
export type ChangeKind = 'created' | 'deleted' | 'changed' | 'below'

/** The changes since the last message, one a znode. */
export interface ChangesMessage {
  readonly type: 'changes'
  readonly changes: readonly (readonly [path: string, kind: ChangeKind])[]
  /** Events of the whole tree since the last message, those that the page does not show included. */
  readonly total: number
  /** The milliseconds in which they came. */
  readonly during: number
  /** True if there were too many to list: the page reads again what it shows. */
  readonly overflow: boolean
}

interface ResyncMessage {
  readonly type: 'resync'
  readonly reason: string
}

interface LiveMessage {
  readonly type: 'live'
  readonly live: LiveMode
  readonly note: string | null
}

interface StateMessage {
  readonly type: 'state'
  readonly connection: ConnectionView
}

interface SampleMessage {
  readonly type: 'sample'
  readonly sample: Sample
}

interface TrafficMessage {
  readonly type: 'traffic'
  readonly frames: readonly TrafficRecord[]
  /** Frames that were left out since the last message, because there were too many. */
  readonly dropped: number
}

/** A sign of life: a page that hears none for a while has lost its stream. */
interface BeatMessage {
  readonly type: 'beat'
}

/** A message of the stream. */
export type Message =
  | HelloMessage
  | ChangesMessage
  | ResyncMessage
  | LiveMessage
  | StateMessage
  | SampleMessage
  | TrafficMessage
  | BeatMessage

/** All that a page shows of the tree: the znodes whose children it lists, and the one that it describes. */
export interface Interest {
  readonly folders: readonly string[]
  readonly znode: string | null
  readonly traffic: boolean
  readonly ensemble: boolean
}

export interface StatView {
  readonly czxid: string
  readonly mzxid: string
  readonly pzxid: string
  readonly ctime: number
  readonly mtime: number
  readonly version: number
  readonly cversion: number
  readonly aversion: number
  /** The session that owns it, or null. */
  readonly owner: string | null
  readonly dataLength: number
  readonly numChildren: number
}

/** The marks of a row of the tree. */
export interface RowView {
  readonly path: string
  /** Null if it does not exist any more. */
  readonly stat: Pick<StatView, 'owner' | 'numChildren' | 'dataLength' | 'version'> | null
  /** The mode, where its creation passed the console or was asked of it; servers do not tell it. */
  readonly mode: 'container' | 'ttl' | null
}

export interface ChildrenView {
  readonly path: string
  readonly children: readonly string[]
  readonly stat: StatView
}

export interface AclView {
  readonly scheme: string
  readonly id: string
  /** Letters of `cdrwa`. */
  readonly perms: string
  /** The entry in words. */
  readonly words: string
}

export interface QuotaView {
  /** The znode that has the quota. */
  readonly path: string
  readonly limits: Readonly<Record<'count' | 'bytes' | 'countHardLimit' | 'byteHardLimit', number | null>>
  readonly usage: Readonly<Record<'count' | 'bytes', number | null>>
}

export interface ZnodeView {
  readonly path: string
  /** The data in base64; null where there is none. */
  readonly data: string | null
  readonly stat: StatView
  readonly acl: readonly AclView[]
  /** Null if it could not be read: the reason is `aclError`. */
  readonly aclError: string | null
  readonly quota: QuotaView | null
  /** The reason for which a quota cannot be seen, or null. */
  readonly quotaError: string | null
  readonly mode: 'container' | 'ttl' | null
  /** The server's time when it was read, in milliseconds since 1970. */
  readonly at: number
}

export interface ErrorView {
  readonly code: string
  readonly message: string
  /** Advice, where there is any. */
  readonly advice: string | null
}

/** Somebody who takes part in a recipe. */
export interface Participant {
  readonly path: string
  /** The part in it: `holder`, `waiting`, `leader`, `candidate`, `reader`, `writer`, `member`, `item` ... */
  readonly role: string
  readonly owner: string | null
  /** Milliseconds since 1970 of its creation. */
  readonly since: number
  readonly data: string | null
  /** The paths that it waits for. */
  readonly blockedBy: readonly string[]
  /** The version of its data. */
  readonly version: number
  /** True if the data asks it to release. */
  readonly revoked: boolean
  /** Milliseconds since 1970 of its end, where it has one. */
  readonly until?: number
}

/** A fact of a recipe, such as the number of its items. */
export interface Fact {
  readonly name: string
  readonly value: string
  /** Milliseconds since 1970: the page shows the time since then in place of the value. */
  readonly since?: number
  readonly tone: 'plain' | 'good' | 'bad'
}

export type RecipeKind =
  | 'lock'
  | 'read-write lock'
  | 'semaphore'
  | 'lease'
  | 'election'
  | 'discovery'
  | 'service'
  | 'queue'
  | 'barrier'
  | 'double barrier'
  | 'group'
  | 'partitioner'
  | 'config'

export interface RecipeView {
  readonly path: string
  readonly kind: RecipeKind
  /** The library whose layout it is: `zookit`, `Curator`, `kazoo`, or several. */
  readonly layout: string
  /** The reason for which it is taken for one. */
  readonly because: string
  readonly facts: readonly Fact[]
  readonly participants: readonly Participant[]
  /** Participants that were left out of the list. */
  readonly more: number
  /** True if a holder can be asked to release. */
  readonly revocable: boolean
}

export interface RecipesView {
  readonly recipes: readonly RecipeView[]
  /** Znodes that were looked at. */
  readonly looked: number
  /** The znodes that were left out, in words, or null. */
  readonly leftOut: string | null
}

export interface ServerSample {
  readonly server: string
  readonly state: string
  readonly mode: string | null
  readonly version: string | null
  readonly latency: number | null
  readonly latencyMax: number | null
  readonly connections: number | null
  readonly outstanding: number | null
  readonly received: number | null
  readonly znodes: number | null
  readonly watches: number | null
  readonly uptime: number | null
  readonly zxid: string | null
  readonly zxidLag: number | null
  readonly certificate: {
    readonly subject: string
    readonly validTo: string
    readonly daysLeft: number
  } | null
  readonly error: string | null
}

/** The ensemble at one moment. */
export interface Sample {
  readonly at: number
  readonly healthy: boolean
  readonly leader: string | null
  readonly quorum: string
  readonly zxid: string | null
  readonly servers: readonly ServerSample[]
}

export interface MemberView {
  readonly id: string
  readonly role: string
  readonly address: string
  readonly client: string | null
}

export interface EnsembleView {
  readonly samples: readonly Sample[]
  readonly members: readonly MemberView[]
  readonly membersNote: string | null
}

export interface SessionView {
  readonly session: string
  readonly client: string | null
  readonly server: string | null
  readonly timeout: number | null
  readonly received: number | null
  readonly lastOperation: string | null
  readonly ephemerals: readonly string[]
  readonly watches: readonly string[] | null
  /** True for the session of this console. */
  readonly own: boolean
}

export interface SessionsView {
  readonly sessions: readonly SessionView[]
  readonly faults: readonly string[]
}

/** A frame that passed a proxy. */
export interface TrafficRecord {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly peer: string
  readonly session: string | null
  readonly side: 'client' | 'server'
  readonly kind: string
  readonly operation: string | null
  readonly xid: number | null
  readonly length: number
  readonly paths: readonly string[]
  readonly error: string | null
  /** Milliseconds from the request to this reply. */
  readonly took: number | null
  readonly fault: string | null
  /** The dissected fields, in which credentials are hidden. */
  readonly fields: string
}

export interface WriteLogView {
  readonly lines: readonly string[]
}

/** A write that the page asks for. */
export type WriteRequest =
  | {
      readonly do: 'create'
      readonly path: string
      readonly data: string
      readonly mode: string
      readonly ttl?: number
    }
  | { readonly do: 'set'; readonly path: string; readonly data: string; readonly version: number }
  | { readonly do: 'delete'; readonly path: string; readonly version: number }
  | { readonly do: 'delete-tree'; readonly path: string; readonly confirm: string }
  | { readonly do: 'acl'; readonly path: string; readonly acl: string; readonly version: number }
  | {
      readonly do: 'quota'
      readonly path: string
      readonly limits: Readonly<Record<string, number | null>> | null
    }
  | {
      readonly do: 'import'
      readonly path: string
      readonly lines: string
      readonly confirm: string
      readonly overwrite: boolean
    }
  | { readonly do: 'revoke'; readonly path: string; readonly version: number }

export interface WriteView {
  /** The path that was written: of a sequential znode the one that the server made. */
  readonly path: string
  readonly message: string
}
