import { State } from '../values/state.ts'

export { State as default, State as 'module.exports' }
