import type { AnyOperation } from '@zookit/connection'
import {
  type ACL,
  type ClientInfo,
  type MultiResponse,
  op,
  type Reader,
  readCreate2Response,
  readCreateResponse,
  readGetAllChildrenNumberResponse,
  readGetEphemeralsResponse,
  readStat,
  readSyncResponse,
  readWhoAmIResponse,
  type Stat,
} from '@zookit/jute'
import type { Chroot } from './path.ts'

/**
 * An operation whose reply is decoded into what the caller gets, so that no promise has to be chained to the
 * request's own: that would cost as much as all the rest of a request.
 */
export type Shaped<Result> = AnyOperation & { readonly readResponse: (reader: Reader) => Result }

/** What getData answers. */
export interface NodeData {
  /** A Buffer of its own; null is not empty. */
  data: Buffer | null
  stat: Stat
}

/** What getChildren answers. */
export interface Children {
  /** Names, not paths, in no order. */
  children: string[]
  /** Of the node itself. */
  stat: Stat
}

/** What getAcl answers. */
export interface NodeAcl {
  acl: ACL[]
  stat: Stat
}

/** What createWithStat answers. */
export interface Created {
  /** The path of the node, which the server has completed in the sequential modes. */
  path: string
  stat: Stat
}

function shape<Result>(operation: object, readResponse: (reader: Reader) => Result): Shaped<Result> {
  return { ...(operation as AnyOperation), readResponse }
}

function nothing(): undefined {}

export const getData: Shaped<NodeData> = op.getData as object as Shaped<NodeData>
export const getChildren: Shaped<Children> = op.getChildren2 as object as Shaped<Children>
export const getAcl: Shaped<NodeAcl> = op.getACL as object as Shaped<NodeAcl>
export const reconfig: Shaped<NodeData> = op.reconfig as object as Shaped<NodeData>
export const multi: Shaped<MultiResponse> = op.multi as object as Shaped<MultiResponse>
export const multiRead: Shaped<MultiResponse> = op.multiRead as object as Shaped<MultiResponse>

/** Null where there is no node. */
export const exists: Shaped<Stat | null> = shape<Stat | null>(op.exists, readStat)
export const setData: Shaped<Stat> = shape(op.setData, readStat)
export const setAcl: Shaped<Stat> = shape(op.setACL, readStat)
export const remove: Shaped<void> = shape(op.delete, nothing)
export const sync: Shaped<void> = shape(op.sync, reader => void readSyncResponse(reader))
export const whoAmI: Shaped<ClientInfo[]> = shape(op.whoAmI, reader => readWhoAmIResponse(reader).clientInfo)
export const getAllChildrenNumber: Shaped<number> = shape(
  op.getAllChildrenNumber,
  reader => readGetAllChildrenNumberResponse(reader).totalNumber,
)

let withoutChroot: PathOperations | undefined

/** The operations whose results hold paths: made once for each client that has a chroot, and once for those without. */
export class PathOperations {
  readonly create: Shaped<string>
  readonly createContainer: Shaped<string>
  readonly createTtl: Shaped<string>
  readonly createWithStat: Shaped<Created>
  readonly createContainerWithStat: Shaped<Created>
  readonly createTtlWithStat: Shaped<Created>
  readonly getEphemerals: Shaped<string[]>

  static for(chroot: Chroot): PathOperations {
    return chroot.path === '' ? (withoutChroot ??= new PathOperations(chroot)) : new PathOperations(chroot)
  }

  private constructor(chroot: Chroot) {
    const created = (reader: Reader): Created => {
      const { path, stat } = readCreate2Response(reader)
      return { path: chroot.strip(path), stat }
    }
    const createdPath = (reader: Reader): string => chroot.strip(readCreate2Response(reader).path)
    this.create = shape(op.create, reader => chroot.strip(readCreateResponse(reader).path))
    this.createContainer = shape(op.createContainer, createdPath)
    this.createTtl = shape(op.createTTL, createdPath)
    this.createWithStat = shape(op.create2, created)
    this.createContainerWithStat = shape(op.createContainer, created)
    this.createTtlWithStat = shape(op.createTTL, created)
    this.getEphemerals = shape(op.getEphemerals, reader => {
      const { ephemerals } = readGetEphemeralsResponse(reader)
      return ephemerals.filter(path => chroot.contains(path)).map(path => chroot.strip(path))
    })
  }
}
