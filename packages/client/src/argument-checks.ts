// The checks of arguments, for recipes and other packages that are built on this client.

export { aclCheck } from './acl.ts'
export { dataCheck, LIMIT_CHECKS, version } from './arguments.ts'
export {
  atLeast,
  type Check,
  checkArgument,
  checkedLater,
  checkOptions,
  describe,
  fieldTable,
  flag,
  func,
  levels,
  mustBe,
  type OptionTable,
  oneOf,
  optionTable,
  text,
  whole,
} from './checks.ts'
export { InvalidArgument, tooMany, withSubject } from './invalid-argument.ts'
export { parseWith, schemaCheck } from './schema.ts'
