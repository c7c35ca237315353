import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Installation } from '@zookit/test-fixtures'
import type { Command } from '../child.ts'

/** The script of Debian's package. */
const DEBIAN = '/usr/share/zookeeper/bin/zkCli.sh'

/**
 * The command that starts `zkCli.sh` of an installation: the script where the installation has it, else the command that the
 * script ends in. A layout from Maven has no scripts.
 */
export function zkCliOf({ java, classPath }: Installation, env: NodeJS.ProcessEnv): Command {
  const home = env.ZOOKEEPER_HOME
  const script = home ? join(home, 'bin', 'zkCli.sh') : DEBIAN
  if (existsSync(script)) return { file: script, args: [] }
  return { file: java, args: ['-cp', classPath, 'org.apache.zookeeper.ZooKeeperMain'] }
}
