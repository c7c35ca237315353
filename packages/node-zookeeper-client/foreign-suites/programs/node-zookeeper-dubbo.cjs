const { once } = require('node:events')
const Yoke = require('node-zookeeper-dubbo')
const { connect, end, print, until } = require('./support.cjs')

const NAME = 'com.example.Service'
const provider = port =>
  encodeURIComponent(`dubbo://127.0.0.1:${port}/${NAME}?interface=${NAME}&version=1.0&group=g&methods=hello`)

async function main() {
  const { call } = await connect(process.argv[2])
  await call('mkdirp', `/dubbo/${NAME}/providers`)
  await call('create', `/dubbo/${NAME}/providers/${provider(20_880)}`)

  const yoke = new Yoke({
    application: { name: 'program' },
    registry: process.argv[2],
    root: 'dubbo',
    dubboVer: '2.5.3',
    dependencies: {
      Service: { interface: NAME, version: '1.0', group: 'g', timeout: 6000, methodSignature: {} },
    },
  })
  await until(() => yoke.Service)
  print('found', yoke.Service.constructor.name)
  const consumers = await until(async () => {
    const names = await call('getChildren', `/dubbo/${NAME}/consumers`).catch(() => [])
    return names.length > 0 && names
  })
  print(
    consumers.length,
    decodeURIComponent(consumers[0])
      .replace(/\/\/[^/]*/, '//HOST')
      .replace(/timestamp=\d+/, ''),
  )
  const changed = once(yoke, 'service:changed')
  await call('create', `/dubbo/${NAME}/providers/${provider(20_881)}`)
  print('changed', String((await changed)[0]))
}

main().then(end)
