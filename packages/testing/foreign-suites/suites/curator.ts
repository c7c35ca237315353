import type { Suite } from '../suite.ts'
import { fetchJars, runJvm } from './jvm.ts'

const VERSION = '5.9.0'
/** The classes that say most about the server in the least time. Each line is run by one process. */
const CLASSES = [
  [
    'imps.TestCreate',
    'imps.TestDelete',
    'imps.TestSetData',
    'imps.TestExistsBuilder',
    'imps.TestTransactionsNew',
  ],
  ['imps.TestTtlNodes', 'imps.TestFrameworkBackground', 'imps.TestEnsureContainers'],
  ['recipes.locks.TestInterProcessMutex', 'recipes.locks.TestInterProcessReadWriteLock'],
  ['recipes.leader.TestLeaderLatch'],
  ['recipes.cache.TestCuratorCache', 'recipes.cache.TestNodeCache', 'recipes.cache.TestPathChildrenCache'],
  ['recipes.barriers.TestDistributedBarrier', 'recipes.barriers.TestDistributedDoubleBarrier'],
  ['recipes.atomic.TestDistributedAtomicLong', 'recipes.shared.TestSharedCount'],
  ['recipes.queue.TestSimpleDistributedQueue', 'recipes.watch.TestPersistentWatcher'],
]

/** Curator's tests are in jars of their own. They run servers in their process, by a class that ours replaces. */
export const curator: Suite = {
  name: 'curator',
  title: `Curator ${VERSION}`,
  release: '3.9',
  tools: ['mvn', 'java', 'javac'],
  expected: [
    {
      test: 'TestPathChildrenCache.testParentContainerMissing()',
      reason: 'its listeners may be told of the connection too often or too early, by any server',
      sometimes: true,
    },
    {
      test: 'TestLeaderLatch.testNoServerAtStart()',
      reason: 'it may begin to count late, and finds one election too many with Apache’s server as well',
      sometimes: true,
    },
    {
      test: 'TestLeaderLatch.testResettingOfLeadershipAfterConcurrentLeadershipChange()',
      reason: 'a reset that it hands to a thread pool must begin before the event of a deletion arrives',
      sometimes: true,
    },
    {
      test: 'TestLeaderLatch.testCallbackNotifyLeader()',
      reason: 'it counts before the last call of notLeader, which its executor still has in its queue',
      sometimes: true,
    },
    {
      test: 'TestSharedCount.testDisconnectReconnectEventDoesNotFireValueWatcher()',
      reason: 'it counts changes while Curator reads the value again after the reconnect',
      sometimes: true,
    },
  ],

  fetch: workplace =>
    fetchJars(
      [
        ...['curator-client', 'curator-framework', 'curator-recipes', 'curator-test'].map(
          name => `org.apache.curator:${name}:${VERSION}`,
        ),
        ...['curator-client', 'curator-framework', 'curator-recipes'].map(
          name => `org.apache.curator:${name}:${VERSION}:tests`,
        ),
        'org.apache.zookeeper:zookeeper:3.9.5',
        'ch.qos.logback:logback-classic:1.3.15',
        'io.dropwizard.metrics:metrics-core:4.1.12.1',
        'org.xerial.snappy:snappy-java:1.1.10.5',
        'org.assertj:assertj-core:3.23.1',
        'org.awaitility:awaitility:4.2.0',
        'org.mockito:mockito-core:4.11.0',
        'commons-io:commons-io:2.17.0',
        'com.google.guava:guava:33.4.8-jre',
        'org.apache.commons:commons-math:2.2',
      ],
      workplace,
    ),

  run: workplace =>
    runJvm(
      {
        sources: [
          'zookit/InMemoryServer.java',
          'curator/org/apache/curator/test/ZooKeeperServerEmbeddedAdapter.java',
        ],
        flags: [],
        groups: CLASSES.map(group => group.map(name => `org.apache.curator.framework.${name}`)),
      },
      workplace,
    ),
}
