const ZooKeeperWatcher = require('zookeeper-watcher')
const { end, print } = require('./support.cjs')

const zk = new ZooKeeperWatcher({ hosts: [process.argv[2]], root: '' })
zk.once('connected', () => {
  print('connected')
  zk.mkdirp('/watcher/a', Buffer.from('one'), (error, path) => {
    print(error, path)
    zk.watch('/watcher/a', (error, data, stat) => {
      print('watched', error, String(data), stat.version)
      if (stat.version < 3) return zk.setData('/watcher/a', `change ${stat.version + 1}`, -1, () => {})
      zk.unWatch('/watcher/a')
      zk.close(() => {
        print('disconnected')
        end()
      })
    })
  })
})
