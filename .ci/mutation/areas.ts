/** A part of the sources, and the tests that are to notice when it changes. */
export interface Area {
  /** Matches the mutated files. */
  readonly mutate: RegExp
  /** Files of tests, or folders of them. Tests that need sockets or a second are left out where quick ones do. */
  readonly tests: readonly string[]
}

const simulated = [
  'packages/connection/test/simulated',
  'packages/connection/test/scenarios/order.test.ts',
  'packages/connection/test/scenarios/reconnect.test.ts',
]
const recipe = (name: string): string => `packages/recipes/test/${name}.test.ts`

/** The parts whose tests are tested, by name. */
export const AREAS: Readonly<Record<string, Area>> = {
  reader: {
    mutate: /^packages\/jute\/src\/reader\.ts$/,
    tests: ['reader', 'framer', 'records', 'long-frames', 'multi'].map(
      name => `packages/jute/test/${name}.test.ts`,
    ),
  },
  watches: {
    mutate: /^packages\/connection\/src\/watches\/[^/]*\.ts$/,
    tests: [
      ...simulated,
      'packages/connection/test/watches',
      'packages/connection/test/scenarios/watches.test.ts',
    ],
  },
  requests: {
    mutate: /^packages\/connection\/src\/requests\/[^/]*\.ts$/,
    tests: [
      ...simulated,
      ...[
        'in-flight',
        'outbox',
        'outgoing-requests',
        'settling',
        'refusal',
        'secrets',
        'diagnostics',
        'timeouts',
        'abort',
      ].map(name => `packages/connection/test/${name}.test.ts`),
      'packages/connection/test/requests',
      'packages/connection/test/watches/watch-registry.test.ts',
    ],
  },
  core: {
    mutate: /^packages\/recipes\/src\/core\/[^/]*\.ts$/,
    tests: [
      'anchored-updates',
      'anchors',
      'background-deleter',
      'barrier',
      'broadcast',
      'candidates',
      'checked-calls',
      'checked-constructors',
      'checked-methods',
      'closed-by-listener',
      'closing-client',
      'conditional-read',
      'conditional-write',
      'config',
      'election',
      'ended-clients',
      'expired-calls',
      'given-up',
      'group',
      'guaranteed-delete',
      'guarded',
      'handles',
      'kept-node-answers',
      'kept-node-identity',
      'kept-node-looks',
      'kept-node-pauses',
      'lease',
      'lease-outages',
      'line',
      'lost-handles',
      'lost-updates',
      'lost-wakeups',
      'multi-lock',
      'mutex',
      'names',
      'outcomes',
      'ownership',
      'pause',
      'persistent-node',
      'persistent-node-modes',
      'persistent-ttl-node',
      'poisonous-writes',
      'read-write-lock',
      'revocation',
      'schema',
      'second-copy',
      'semaphore',
      'serial-queue',
      'server-clock',
      'service-registry',
      'shared-value',
      'strategies',
      'timeout-zero',
      'tokens',
      'wakeup',
      'without-taking-part',
    ].map(recipe),
  },
}
