import { ensembleStatus } from '@zookit/admin'

const { servers, quorum, healthy } = await ensembleStatus(process.argv[2] ?? '127.0.0.1:2181', {
  timeout: 3000,
})

for (const {
  server,
  state,
  mode,
  version,
  latency,
  connections,
  znodes,
  watches,
  zxidLag,
  error,
} of servers) {
  console.log(`${server}: ${mode ?? state}, ZooKeeper ${version}, ${latency?.avg} ms`)
  console.log(
    `  ${connections} connections, ${znodes} znodes, ${watches} watches, ${zxidLag} transactions behind`,
  )
  if (error) console.log(`  ${error.message}`)
}
console.log(`quorum: ${quorum.serving} of ${quorum.voters} voters serve, ${quorum.needed} are needed`)
process.exitCode = healthy ? 0 : 1
