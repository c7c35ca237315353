const { once } = require('node:events')
const { promisify } = require('node:util')
const { Zookeeper } = require('kafka-node/lib/zookeeper')
const { connect, end, print } = require('./support.cjs')

const broker = port => Buffer.from(JSON.stringify({ host: 'broker', port }))

async function main() {
  const { call } = await connect(process.argv[2])
  for (const path of ['/brokers/ids', '/brokers/topics/t/partitions/0', '/consumers'])
    await call('mkdirp', path)
  await call('setData', '/brokers/topics/t', Buffer.from(JSON.stringify({ partitions: { 0: [1], 1: [1] } })))
  await call('create', '/brokers/ids/1', broker(9092))

  const zk = new Zookeeper(process.argv[2], { sessionTimeout: 10_000 })
  print('init', ...(await once(zk, 'init')))
  await promisify(zk.registerConsumer).call(zk, 'group', 'consumer', [{ topic: 't' }])
  print('registered', await promisify(zk.isConsumerRegistered).call(zk, 'group', 'consumer'))
  print(await promisify(zk.getConsumersPerTopic).call(zk, 'group'))
  print('topic exists', await new Promise(resolve => zk.topicExists('t', (...values) => resolve(values))))
  const own = name => promisify(zk[name]).call(zk, 'consumer', 'group', 't', 0)
  await own('addPartitionOwnership')
  await own('checkPartitionOwnership').then(() => print('owned'))
  await promisify(zk.deletePartitionOwnership).call(zk, 'group', 't', 0)
  await own('checkPartitionOwnership').catch(error => print('not owned', error))
  const changed = once(zk, 'brokersChanged')
  await call('create', '/brokers/ids/2', broker(9093))
  print('brokers', ...(await changed))
  zk.listConsumers('group')
  const consumers = once(zk, 'consumersChanged')
  print('unregistered', await promisify(zk.unregisterConsumer).call(zk, 'group', 'consumer'))
  await consumers
  print('consumers changed')
  zk.close()
}

main().then(end)
