export * from './checks.ts'
export { isScheme, isSecret, SESSION_CHECKS } from './session-checks.ts'
