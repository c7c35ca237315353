import { acl, type ZooKeeper } from '@zookit/client'
import type { SeedTree } from '@zookit/testing'

const MANY = 2000

/** A picture of a square with a Z, a PNG of 48 by 48 pixels. */
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAADAAAAAwCAIAAADYYG7QAAAAk0lEQVR42u3Y3Q2AMAgE4G7iYu7g/k86gUmBOzjNNQzwhZ8Euo7rlIplkEEGGWTQPujmPy2QVoa0SibXQwNTlqAQQWkNBVTR4EFFDRhU1yBBEA0MhNJgQEANAITVVEFwTQnE0ORBJE0SxNNkQFRNGMTWxEANmgCoR7MLatN4p/4VaOQoewWN3Kz+/TDIIIMM+gboAWLC5kXqCTLiAAAAAElFTkSuQmCC',
  'base64',
)

/** The znodes that are there from the beginning. */
export const SEED: SeedTree = {
  config: {
    'app.json': JSON.stringify({
      name: 'shop',
      replicas: 3,
      limits: { cpu: 0.5, memory: '512Mi' },
      features: ['search', 'cart'],
      build: 12345678901234567890n.toString(),
    }),
    'limits.json': JSON.stringify({ requestsPerSecond: 'many', burst: -5, owner: 'shop' }),
    'broken.json': '{"name": "shop", "replicas": }',
    database: { url: 'postgres://db:5432/shop', pool: '16' },
  },
  data: {
    'hostile <img src=x onerror=alert(1)>': '<script>alert(1)</script> is text, and stays text',
    many: Object.fromEntries(
      Array.from({ length: MANY }, (_, i) => [`entry-${String(i).padStart(5, '0')}`, `value ${i}`]),
    ),
    readme:
      'This ensemble lives in the memory of the console.\nIts clients are made up; everything else is real.\n',
  },
  locks: {},
  queues: {},
}

const UUID = (n: number): string => `${String(n).padStart(8, '0')}-1111-4111-8111-111111111111`

/** Creates what a seed cannot have: pictures, ACLs, quotas, other libraries' layouts. */
export async function plant(zk: ZooKeeper): Promise<void> {
  await zk.create('/data/picture.png', PICTURE)
  await zk.create('/data/not-utf-8', Buffer.from([0xff, 0xfe, 0x00, 0x80, 0xc3, 0x28]))
  await zk.create('/secrets', 'only some may read this', {
    acl: [
      acl('r', 'world', 'anyone'),
      acl('cdrwa', 'ip', '127.0.0.1'),
      acl('rw', 'digest', 'deploy:3Zs2Y4RPIp5vX0dB3yqfFNxn6Fk='),
    ],
  })
  await zk.ensurePath('/zookeeper/quota/queues')
  await zk.create('/zookeeper/quota/queues/zookeeper_limits', 'count=60,bytes=100000')
  await zk.create('/zookeeper/quota/queues/zookeeper_stats', 'count=0,bytes=0')
  await zk.ensurePath('/others/curator-lock')
  await zk.ensurePath('/others/kazoo-election')
  for (const n of [1, 2]) {
    await zk.create(`/others/curator-lock/_c_${UUID(n)}-lock-`, `10.0.0.${n}`, {
      mode: 'ephemeral-sequential',
    })
    await zk.create(`/others/kazoo-election/${UUID(n).replaceAll('-', '')}__lock__`, `kazoo-${n}`, {
      mode: 'ephemeral-sequential',
    })
  }
}
