export {
  authorityPem,
  type Certificate,
  type CertificateName,
  certificate,
  clientPfx,
} from './certificates.ts'
export type { EnsembleMember, RealEnsemble } from './ensemble.ts'
export { fourLetterWord, type ServerMode } from './four-letter.ts'
export { findInstallation, type Installation } from './installation.ts'
export { type JavaPlace, javaLauncher } from './java-process.ts'
export { findKerberos, type Kdc, startKdc } from './kerberos.ts'
export type { EnsembleOptions, SaslOptions, ServerOptions, TlsOptions } from './options.ts'
export { type Curator, findCurator, findKazoo } from './others.ts'
export { freePort } from './ports.ts'
export { type RealServer, ServerStartError } from './real-server.ts'
export type { ServerPlan } from './server-plan.ts'
export type { Launcher, ProcessGroup, ServerProcess } from './server-process.ts'
export { startEnsembleWith } from './start.ts'
export { serverSuites } from './suites.ts'
export { describeTargets, findTargets, startEnsemble, startServer, type Target } from './targets.ts'
