// A value that everybody sees. It is set unconditionally, or only by a client that knows the present one.

import { connect } from '@zookit/client'
import { codecs, SharedValue } from '@zookit/recipes'

const hosts = process.argv[2] ?? '127.0.0.1:2181'
await using one = await connect(hosts)
await using two = await connect(hosts)

await using mine = new SharedValue(one, '/shared/mode', { codec: codecs.text, initial: 'normal' })
await using theirs = new SharedValue(two, '/shared/mode', { codec: codecs.text })
await Promise.all([mine.start({ timeout: 10_000 }), theirs.start({ timeout: 10_000 })])

const changes = theirs.changes()
await mine.set('maintenance')
for await (const event of changes) {
  if (event.type !== 'changed' || event.value !== 'maintenance') continue
  console.log(`seen: ${event.value}`)
  break
}

const before = await mine.get()
const won = await mine.trySet('normal', before?.version ?? null)
const late = await theirs.trySet('read-only', before?.version ?? null)
console.log(`the first: ${won !== null}, the second: ${late !== null}`)

const { value } = await theirs.update(mode => `${mode}, with care`)
console.log(value)
