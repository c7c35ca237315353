import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { goResults } from '../result.ts'
import { command, type Suite } from '../suite.ts'

const MODULE = 'github.com/go-zookeeper/zk'
const VERSION = 'v1.0.4'

/** The tests of go-zookeeper are in its module. They start `zkServer.sh` with a configuration file for each server. */
export const go: Suite = {
  name: 'go',
  title: `go-zookeeper/zk ${VERSION}`,
  // The newest that writes its date of build as the client's parser of `srvr` wants it.
  release: '3.6',
  tools: ['go'],
  expected: [],

  async fetch({ directory, env, print }) {
    const options = { cwd: directory, env, print }
    const { Dir } = JSON.parse(
      await command(['go', 'mod', 'download', '-json', `${MODULE}@${VERSION}`], options),
    ) as {
      Dir: string
    }
    await cp(Dir, join(directory, 'zk'), { recursive: true })
    await command(['chmod', '-R', 'u+w', 'zk'], options)
  },

  async run({ directory, env, print, standIns }) {
    // Without ZK_VERSION its tests of reconfig are skipped.
    const settings = { ...env, ZOOKEEPER_BIN_PATH: standIns, ZK_VERSION: '3.6.4' }
    const output = await command(['go', 'test', '-json', '-count', '1', '-timeout', '900s', '.'], {
      cwd: join(directory, 'zk'),
      env: settings,
      print,
      mayFail: true,
    })
    return goResults(output)
  },
}
