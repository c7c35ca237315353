import { existsSync, readdirSync } from 'node:fs'
import { basename, delimiter, join } from 'node:path'

/** A ZooKeeper installation and the Java to run it. */
export interface Installation {
  /** The `java` executable. */
  java: string
  /** A class path that holds the server, the Java client and a logger that writes to standard output or error. */
  classPath: string
  /** The version in the name of its jar, such as `3.8.0`. */
  version: string
  /** The place where it was found, for messages. */
  description: string
}

const DEBIAN_JARS = '/usr/share/java'
const DEBIAN_MORE = [
  // AdminServer's, which is off unless `config` turns it on.
  'jetty9-server.jar',
  'jetty9-servlet.jar',
  'jetty9-http.jar',
  'jetty9-io.jar',
  'jetty9-util.jar',
  'jetty9-util-ajax.jar',
  'jetty9-security.jar',
  'servlet-api.jar',
  'jackson-core.jar',
  'jackson-databind.jar',
  'jackson-annotations.jar',
  'netty-all.jar',
  'netty-codec.jar',
  'netty-resolver.jar',
  'netty-transport-native-unix-common.jar',
]

function findJava(env: NodeJS.ProcessEnv): string | undefined {
  const home = env.JAVA_HOME
  const candidates = [
    ...(home ? [join(home, 'bin')] : []),
    ...(env.PATH ?? '').split(delimiter).filter(directory => directory !== ''),
  ].map(directory => join(directory, 'java'))
  return candidates.find(candidate => existsSync(candidate))
}

const SERVER_JAR = /^zookeeper-(\d+\.\d+\.\d+)[^/]*\.jar$/

/** Returns the version in the name of the server's jar, one of `jars`; undefined if it is not there. */
function versionAmong(jars: readonly string[]): string | undefined {
  return jars.map(jar => SERVER_JAR.exec(basename(jar))?.[1]).find(version => version !== undefined)
}

function jarsIn(directory: string): string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory)
    .filter(name => name.endsWith('.jar'))
    .map(name => join(directory, name))
}

/** Finds the files in the layout of Apache's own archive: `lib/*.jar` (before 3.5.5 the server's jar beside it) and `conf`. */
function fromHome(home: string, java: string): Installation {
  const jars = [...jarsIn(home), ...jarsIn(join(home, 'lib'))]
  const version = versionAmong(jars)
  if (version === undefined)
    throw new Error(`ZOOKEEPER_HOME is ${home}, but there is no zookeeper-<version>.jar in it nor in its lib`)
  return {
    java,
    classPath: [join(home, 'conf'), ...jars].join(delimiter),
    version,
    description: 'ZOOKEEPER_HOME',
  }
}

/** Finds the files of Debian's packages: the manifest of `zookeeper.jar` names most of what it needs, but no logger. */
function fromDebian(java: string): Installation | undefined {
  const server = join(DEBIAN_JARS, 'zookeeper.jar')
  if (!existsSync(server)) return undefined
  const more = ['slf4j-simple.jar', ...DEBIAN_MORE].map(name => join(DEBIAN_JARS, name))
  return {
    java,
    classPath: [server, ...more.filter(jar => existsSync(jar))].join(delimiter),
    version: versionAmong(jarsIn(DEBIAN_JARS)) ?? 'of unknown version',
    description: "Debian's packages",
  }
}

/**
 * Finds a local ZooKeeper: `ZOOKEEPER_HOME`, else Debian's packages.
 *
 * @throws Error when `ZOOKEEPER_HOME` is set to something that is no installation, or when there is no Java for it
 */
export function findInstallation(env: NodeJS.ProcessEnv): Installation | undefined {
  const java = findJava(env)
  const home = env.ZOOKEEPER_HOME
  if (home) {
    if (java === undefined)
      throw new Error('ZOOKEEPER_HOME is set, but there is no java in JAVA_HOME nor in PATH')
    return fromHome(home, java)
  }
  return java === undefined ? undefined : fromDebian(java)
}
