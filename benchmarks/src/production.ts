import type { ServerOptions } from '@zookit/test-fixtures'

/**
 * The settings of Apache's servers for measurements: the heap of zkServer.sh, the usual collector, and the compiler for code that
 * runs for long. The fixtures' own settings start a server sooner, for tests.
 */
export const AS_IN_PRODUCTION: ServerOptions = {
  tickTime: 2000,
  jvmFlags: ['-XX:TieredStopAtLevel=4', '-XX:-UseSerialGC', '-XX:+UseG1GC', '-Xmx1000m'],
}
