export { isScheme, isSecret, SESSION_CHECKS } from '../options.ts'
export * from './checks.ts'
export { surplusFault } from './refusals.ts'
