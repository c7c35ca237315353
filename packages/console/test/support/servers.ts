import { serverSuites } from '@zookit/test-fixtures'
import { TestServer } from '@zookit/testing'

/** Declares a suite for the in-memory server, and for the real ones of this machine. */
export const describeServers = await serverSuites(() => TestServer.start({ tickTime: 200 }))
