import type { Suite } from '../suite.ts'
import { fetchJars, runJvm } from './jvm.ts'

const VERSION = '3.9.5'
/** The classes that test the client through a server of their own, and look at the server through its port alone. */
const CLASSES = [
  'GetAllChildrenNumberTest',
  'GetEphemeralsTest',
  'RemoveWatchesTest',
  'test.ACLRootTest',
  'test.AsyncOpsTest',
  'test.ChrootAsyncTest',
  'test.ChrootClientTest',
  'test.ChrootTest',
  'test.ClientTest',
  'test.CreateTest',
  'test.DisconnectedWatcherTest',
  'test.EventTypeTest',
  'test.KeeperStateTest',
  'test.MultiAsyncTransactionTest',
  'test.MultiOperationTest',
  'test.NullDataTest',
  'test.PersistentRecursiveWatcherTest',
  'test.PersistentWatcherTest',
  'test.StatTest',
  'test.SyncCallTest',
  'test.WatchedEventTest',
  'test.WatcherFuncTest',
  'test.WatcherTest',
]

const FLAGS = [
  '-Dzookeeper.serverCnxnFactory=zookit.InMemoryCnxnFactory',
  '-Dzookeeper.extendedTypesEnabled=true',
  // The password is `test`, as in the suite's own build.
  '-Dzookeeper.DigestAuthenticationProvider.superDigest=super:D/InIHSb7yEEbrWz8b9l71RjZJU=',
]

/** The names of a test that is run with false and with true. */
function twice(test: string): string[] {
  return [1, 2].map(run => `${test}(boolean)[${run}]`)
}

/** The tests of Apache's client are in the server's test jar. They run servers by a factory that a property names. */
export const apache: Suite = {
  name: 'apache',
  title: `Apache's Java client ${VERSION}`,
  release: VERSION,
  tools: ['mvn', 'java', 'javac'],
  expected: [
    'ChrootClientTest.testPathValidation()',
    'ClientTest.testPathValidation()',
    'WatcherTest.testWatcherCount()',
    ...['Data', 'Child', 'Persistent', 'PersistentRecursive', ''].flatMap(kind =>
      twice(`RemoveWatchesTest.testRemoveAll${kind}WatchesOnAPath`),
    ),
    ...twice('RemoveWatchesTest.testRemovePersistentWatchesOnAPathPartially'),
    ...twice('RemoveWatchesTest.testRemoveAllPersistentWatchesOnAPathPartially'),
  ].map(test => ({ test, reason: 'it looks into the memory of a server in its own process' })),

  fetch: workplace =>
    fetchJars(
      [
        `org.apache.zookeeper:zookeeper:${VERSION}`,
        `org.apache.zookeeper:zookeeper:${VERSION}:tests`,
        'ch.qos.logback:logback-classic:1.3.15',
        'io.dropwizard.metrics:metrics-core:4.1.12.1',
        'org.xerial.snappy:snappy-java:1.1.10.5',
        'org.mockito:mockito-core:4.11.0',
        'org.hamcrest:hamcrest-library:2.2',
        'commons-cli:commons-cli:1.5.0',
        'commons-io:commons-io:2.17.0',
        'org.apache.commons:commons-collections4:4.4',
        'org.burningwave:tools:0.26.2',
      ],
      workplace,
    ),

  run: workplace =>
    runJvm(
      {
        sources: [
          'zookit/InMemoryServer.java',
          'apache/zookit/InMemoryCnxnFactory.java',
          'apache/org/apache/zookeeper/test/JMXEnv.java',
        ],
        flags: FLAGS,
        // A login file is read once in the life of a process, and AuthTest takes the super user away.
        groups: [CLASSES, ['test.AuthTest'], ['SaslAuthTest']].map(group =>
          group.map(name => `org.apache.zookeeper.${name}`),
        ),
      },
      workplace,
    ),
}
