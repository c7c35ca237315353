const zookeeper = require('zookeeper-cluster-client')
const { end, print, until } = require('./support.cjs')

async function main() {
  const client = zookeeper.createClient(process.argv[2])
  await client.ready()
  print('ready', client.getState().name, client.getSessionId().length, client.getSessionPassword().length)
  print(await client.mkdirp('/cluster/a', Buffer.from('one')))
  print(await client.create('/cluster/s-', Buffer.from('x'), zookeeper.CreateMode.EPHEMERAL_SEQUENTIAL))
  const { data, stat } = await client.getData('/cluster/a', { withStat: true })
  print(String(data), stat.version, stat.czxid.length)
  const seen = []
  client.watch('/cluster/a', (error, data) => seen.push(`${error} ${data}`))
  client.watchChildren('/cluster', (error, children) => seen.push(`${error} ${children.sort()}`))
  await until(() => seen.length === 2)
  await client.setData('/cluster/a', Buffer.from('two'))
  await until(() => seen.length === 3)
  await client.create('/cluster/b')
  await until(() => seen.length === 4)
  print(seen.sort())
  await client.remove('/cluster/b')
  print((await client.exists('/cluster/b')) === null, (await client.getChildren('/cluster')).sort())
  await client.getData('/none').catch(error => print(error.name, error.code))
  print(await client.getACL('/cluster'))
  await client.close()
  print('closed')
}

main().then(end)
