export type { Between, NetworkOptions } from './network.ts'
export type { Resources, SimulatedProcess } from './process.ts'
export { Random } from './random.ts'
export { kindOf } from './shrink.ts'
export {
  type Failure,
  type PlannedStep,
  type RunOptions,
  type RunResult,
  runSeed,
  type SimulateOptions,
  type Simulation,
  SimulationError,
  type StepKind,
  simulate,
} from './simulation.ts'
export { StandstillError, World, type WorldOptions } from './world.ts'
