const { setting } = require('dubbo2.js')
const { ZkRegistry } = require('dubbo2.js/es7/zookeeper')
const { connect, end, print, until } = require('./support.cjs')

const NAME = 'com.example.Service'
const provider = port =>
  encodeURIComponent(`dubbo://10.0.0.1:${port}/${NAME}?interface=${NAME}&version=1.0&group=g`)

async function main() {
  const { call } = await connect(process.argv[2])
  await call('mkdirp', `/dubbo/${NAME}/providers`)
  await call('create', `/dubbo/${NAME}/providers/${provider(20_880)}`)

  const seen = []
  ZkRegistry.from({
    register: process.argv[2],
    zkRoot: 'dubbo',
    application: { name: 'program' },
    interfaces: [NAME],
    dubboSetting: setting.match(NAME, { version: '1.0', group: 'g' }),
  }).subscribe({
    onData: set => seen.push([...set].sort().join()),
    onError: error => seen.push(String(error)),
  })
  print('one provider', await until(() => seen[0]))
  const consumers = await until(async () => {
    const names = await call('getChildren', `/dubbo/${NAME}/consumers`).catch(() => [])
    return names.length > 0 && names
  })
  print(consumers.length, decodeURIComponent(consumers[0]).replace(/\/\/[^/]*/, '//HOST'))
  await call('create', `/dubbo/${NAME}/providers/${provider(20_881)}`)
  print('both', await until(() => seen.find(addresses => addresses.includes(','))))
}

main().then(end)
