import {
  type ContainerRuntimeClient,
  GenericContainer,
  getContainerRuntimeClient,
  ImageName,
  Network,
  type StartedNetwork,
  type WaitStrategy,
} from 'testcontainers'
import { type RuntimeAddress, removeAtExit } from './docker-watchdog.ts'
import { canBind } from './ports.ts'
import type { ServerPlan } from './server-plan.ts'
import type { Launcher, ProcessGroup, ServerProcess } from './server-process.ts'

const LOG_LINES = 100
const LOG_HEADER = 8

type Container = ReturnType<ContainerRuntimeClient['container']['getById']>

/** `ServerHandle` waits by itself, in the same way for every kind of process. */
const NO_WAIT: WaitStrategy = {
  waitUntilReady: async () => {},
  withStartupTimeout: () => NO_WAIT,
  isStartupTimeoutSet: () => true,
  getStartupTimeout: () => 0,
}

/** Publishes its ports, under their own numbers, on one address of the runtime's host. */
class ServerContainer extends GenericContainer {
  publish(ports: readonly number[], hostIp: string): this {
    this.withExposedPorts(...ports.map(port => ({ container: port, host: port })))
    for (const port of ports) {
      this.hostConfig.PortBindings = {
        ...this.hostConfig.PortBindings,
        [`${port}/tcp`]: [{ HostIp: hostIp, HostPort: String(port) }],
      }
    }
    return this
  }
}

/** Cuts Docker's eight-byte headers out of a log that holds both output streams. */
function plainLog(log: Buffer): string {
  const parts: Buffer[] = []
  for (let at = 0; at + LOG_HEADER <= log.length; ) {
    const end = at + LOG_HEADER + log.readUInt32BE(at + 4)
    parts.push(log.subarray(at + LOG_HEADER, end))
    at = end
  }
  return Buffer.concat(parts).toString('utf8')
}

interface Surroundings {
  client: ContainerRuntimeClient
  network: StartedNetwork
  image: string
  /** The host on which this process reaches the published ports. */
  host: string
}

/** One ZooKeeper server in a container. The image starts it with /conf/zoo.cfg and the flags in JVMFLAGS. */
class DockerProcess implements ServerProcess {
  readonly confDir = '/conf'
  readonly dataDir = '/data'
  readonly bindAddress = '0.0.0.0'
  readonly peerHost: string
  readonly clientHost: string
  readonly #surroundings: Surroundings
  readonly #ports: readonly number[]
  #container: Container | undefined

  constructor(surroundings: Surroundings, name: string, ports: readonly number[]) {
    this.#surroundings = surroundings
    this.peerHost = name
    this.clientHost = surroundings.host
    this.#ports = ports
  }

  async start(plan: ServerPlan): Promise<void> {
    if (this.#container) await this.#container.start()
    else this.#container = await this.#create(plan)
  }

  async isAlive(): Promise<boolean> {
    return (await this.#container?.inspect())?.State.Running ?? false
  }

  async pause(): Promise<void> {
    await this.#container?.pause()
  }

  async resume(): Promise<void> {
    await this.#container?.unpause()
  }

  async kill(): Promise<void> {
    const container = this.#container
    const state = (await container?.inspect())?.State
    if (!container || !state?.Running) return
    if (state.Paused) await container.unpause()
    await container.kill()
    await container.wait()
  }

  async log(): Promise<string> {
    const log = await this.#container?.logs({ follow: false, stdout: true, stderr: true, tail: LOG_LINES })
    return log ? plainLog(log) : ''
  }

  async dispose(): Promise<void> {
    const container = this.#container
    this.#container = undefined
    if (!container) return
    if ((await container.inspect()).State.Paused) await container.unpause()
    await container.remove({ force: true, v: true })
  }

  async #create(plan: ServerPlan): Promise<Container> {
    const { client, network, image, host } = this.#surroundings
    const files = plan.files.map(({ name, content }) => ({ content, target: `${this.confDir}/${name}` }))
    if (plan.myid !== undefined) files.push({ content: `${plan.myid}\n`, target: `${this.dataDir}/myid` })
    const started = await new ServerContainer(image)
      .publish(this.#ports, host === '127.0.0.1' ? host : '')
      .withNetwork(network)
      .withNetworkAliases(this.peerHost)
      .withEnvironment({ JVMFLAGS: plan.jvmFlags.join(' ') })
      .withCopyContentToContainer(files)
      .withWaitStrategy(NO_WAIT)
      .start()
    removeAtExit(addressOf(client), `/containers/${started.getId()}?force=true&v=true`)
    return client.container.getById(started.getId())
  }
}

function addressOf(client: ContainerRuntimeClient): RuntimeAddress {
  const { socketPath, protocol, host, port, ca, cert, key } = client.container.dockerode
    .modem as RuntimeAddress
  return socketPath ? { socketPath } : { protocol, host, port, ca, cert, key }
}

class DockerGroup implements ProcessGroup {
  readonly #surroundings: Surroundings
  readonly #processes: DockerProcess[] = []
  #isDisposed = false

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
  }

  createProcess(ports: readonly number[]): ServerProcess {
    const process = new DockerProcess(this.#surroundings, `zoo${this.#processes.length + 1}`, ports)
    this.#processes.push(process)
    return process
  }

  async dispose(): Promise<void> {
    if (this.#isDisposed) return
    this.#isDisposed = true
    await Promise.all(this.#processes.map(process => process.dispose()))
    await this.#surroundings.network.stop()
  }
}

/**
 * Returns the host on which published ports can be reached. Inside a container, testcontainers names the gateway of the bridge network, for
 * the runtime is mostly outside; where it runs inside too, the gateway is this machine, and loopback will do.
 */
async function reachableHost(client: ContainerRuntimeClient): Promise<string> {
  const { host } = client.info.containerRuntime
  return host === 'localhost' || (await canBind(host)) ? '127.0.0.1' : host
}

/** Runs servers as containers of an image, those of a group in a network of their own. */
export function dockerLauncher(image: string): Launcher {
  return {
    createGroup: async () => {
      const client = await getContainerRuntimeClient()
      const network = await new Network().start()
      removeAtExit(addressOf(client), `/networks/${network.getId()}`)
      return new DockerGroup({ client, network, image, host: await reachableHost(client) })
    },
  }
}

/** Tells whether the image is there without a pull. @throws Error if no container runtime answers. */
export async function hasImage(image: string): Promise<boolean> {
  const client = await getContainerRuntimeClient()
  return client.image.exists(ImageName.fromString(image))
}
