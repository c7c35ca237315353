export { type Area, areas, type Capability, type ConformanceCase } from './case.ts'
export { cases } from './cases/index.ts'
export type { Context } from './context.ts'
export type { Credential } from './keeper.ts'
export { Mismatch } from './mismatch.ts'
export { describeConformance } from './mocha.ts'
export type { Release } from './release.ts'
export { formatMarkdown } from './report/markdown.ts'
export { formatFailures, formatTable } from './report/text.ts'
export {
  type CaseResult,
  Conformance,
  type ConformanceOptions,
  type ConformanceReport,
  type Failure,
  labelOf,
  type Progress,
  runConformance,
} from './run.ts'
