import { Opcode } from '../opcodes.ts'
import { answerGetAllChildrenNumber, answerGetEphemerals } from './counts.ts'
import { answerExists } from './exists.ts'
import { answerGetAcl } from './get-acl.ts'
import { answerGetChildren, answerGetChildren2 } from './get-children.ts'
import { answerGetData } from './get-data.ts'
import { answerMultiRead } from './multi-read.ts'
import type { HeaderOnlyHandler, ReadHandler } from './read-context.ts'
import {
  answerAddWatch,
  answerCheckWatches,
  answerRemoveWatches,
  answerSetWatches,
  answerSetWatches2,
} from './watch-requests.ts'
import { answerWhoAmI } from './who-am-i.ts'

/** The handler of each operation that changes no znode, by opcode. */
export const readHandlers: (ReadHandler | undefined)[] = []

readHandlers[Opcode.exists] = answerExists
readHandlers[Opcode.getData] = answerGetData
readHandlers[Opcode.getACL] = answerGetAcl
readHandlers[Opcode.getChildren] = answerGetChildren
readHandlers[Opcode.getChildren2] = answerGetChildren2
readHandlers[Opcode.multiRead] = answerMultiRead
readHandlers[Opcode.getEphemerals] = answerGetEphemerals
readHandlers[Opcode.getAllChildrenNumber] = answerGetAllChildrenNumber
readHandlers[Opcode.addWatch] = answerAddWatch
readHandlers[Opcode.whoAmI] = answerWhoAmI

/** The handlers of the operations whose reply is a header alone, by opcode. */
export const headerOnlyHandlers: (HeaderOnlyHandler | undefined)[] = []

headerOnlyHandlers[Opcode.checkWatches] = answerCheckWatches
headerOnlyHandlers[Opcode.removeWatches] = answerRemoveWatches
headerOnlyHandlers[Opcode.setWatches] = answerSetWatches
headerOnlyHandlers[Opcode.setWatches2] = answerSetWatches2
