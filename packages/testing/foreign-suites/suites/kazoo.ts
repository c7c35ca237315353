import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { junitResults } from '../result.ts'
import { command, type Suite } from '../suite.ts'

const VERSION = '2.11.0'
/** kazoo makes certificates with calls that later releases of it do not have. */
const PYOPENSSL = 'pyopenssl<24.3'

/** kazoo's tests are in its package. They start `java` with a configuration file for each server. */
export const kazoo: Suite = {
  name: 'kazoo',
  title: `kazoo ${VERSION}`,
  release: '3.9',
  tools: ['python3'],
  expected: [
    {
      test: 'TestSSLClient.test_create',
      reason:
        'a server has one port, TLS or not, and no JKS key store; the suite wants both ports of one server',
    },
    {
      test: 'TestConnectionDrop.test_connection_dropped',
      reason: 'the answer to a write may come before the suite drops the connection, from any server',
      sometimes: true,
    },
  ],

  async fetch({ directory, env, print }) {
    const options = { cwd: directory, env, print }
    await command(['python3', '-m', 'venv', 'python'], options)
    const packages = [`kazoo[test,eventlet,gevent,sasl]==${VERSION}`, PYOPENSSL]
    await command(['python/bin/pip', 'install', '-q', ...packages], options)
  },

  async run({ directory, env, print, standIns }) {
    const settings = {
      ...env,
      PATH: `${standIns}:${env.PATH}`,
      ZOOKEEPER_VERSION: '3.9.5',
      ZOOKEEPER_CLASSPATH: 'in memory',
      // Makes the tests believe in that version instead of asking the server once for each.
      CI: 'true',
    }
    const pytest = ['python/bin/python', '-m', 'pytest', '--pyargs', 'kazoo.tests', '-q', '--timeout', '180']
    await command([...pytest, '--junitxml', 'report.xml', '-p', 'no:cacheprovider'], {
      cwd: directory,
      env: settings,
      print,
      mayFail: true,
    })
    return junitResults(await readFile(join(directory, 'report.xml'), 'utf8'))
  },
}
