import { EnsembleHandle, type RealEnsemble } from './ensemble.ts'
import { parseMode } from './four-letter.ts'
import type { EnsembleOptions, ServerOptions } from './options.ts'
import { freePort } from './ports.ts'
import { type RealServer, ServerHandle, ServerStartError } from './real-server.ts'
import { type MemberAddress, planServer, wantsTls } from './server-plan.ts'
import type { Launcher, ProcessGroup, ServerProcess } from './server-process.ts'

const TRIES = 3

/** Runs `start` with a fresh group of processes; tries again when another program was quicker to take a port. */
async function inGroup<T>(launcher: Launcher, start: (group: ProcessGroup) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const group = await launcher.createGroup()
    try {
      return await start(group)
    } catch (error) {
      await group.dispose()
      if (attempt === TRIES || !(error instanceof ServerStartError && error.portTaken)) throw error
    }
  }
}

async function securePortFor(options: ServerOptions): Promise<number | undefined> {
  return wantsTls(options) ? await freePort() : undefined
}

async function adminPortFor(options: ServerOptions): Promise<number | undefined> {
  return options.admin === undefined ? undefined : await freePort()
}

/** Returns the ports that are there, of those that a server may have. */
function present(...ports: (number | undefined)[]): number[] {
  return ports.filter(port => port !== undefined)
}

/** Starts one server that stands alone. */
export function startServerWith(launcher: Launcher, options: ServerOptions): Promise<RealServer> {
  return inGroup(launcher, async group => {
    const port = await freePort()
    const securePort = await securePortFor(options)
    const adminPort = await adminPortFor(options)
    const process = group.createProcess(present(port, securePort, adminPort))
    const { confDir, dataDir, bindAddress } = process
    const server = new ServerHandle({
      process,
      plan: planServer(options, {
        confDir,
        dataDir,
        clientHost: bindAddress,
        clientPort: port,
        securePort,
        adminPort,
        ensemble: undefined,
      }),
      port,
      securePort,
      adminPort,
      isUp: srvr => parseMode(srvr) !== undefined,
      release: () => group.dispose(),
    })
    await server.start()
    return server
  })
}

interface Seat {
  process: ServerProcess
  address: MemberAddress
  securePort: number | undefined
  adminPort: number | undefined
}

async function takeSeat(group: ProcessGroup, index: number, options: EnsembleOptions): Promise<Seat> {
  const clientPort = await freePort()
  const securePort = await securePortFor(options)
  const adminPort = await adminPortFor(options)
  const process = group.createProcess(present(clientPort, securePort, adminPort))
  const address: MemberAddress = {
    id: (options.firstId ?? 1) + index,
    host: process.peerHost,
    quorumPort: await freePort(),
    electionPort: await freePort(),
    clientHost: process.bindAddress,
    clientPort,
    role: index >= (options.size ?? 3) ? 'observer' : 'participant',
  }
  return { process, address, securePort, adminPort }
}

/** Starts an ensemble and waits until it has a leader that every member follows. */
export function startEnsembleWith(launcher: Launcher, options: EnsembleOptions): Promise<RealEnsemble> {
  return inGroup(launcher, async group => {
    const count = (options.size ?? 3) + (options.observers ?? 0)
    const seats: Seat[] = []
    for (let index = 0; index < count; index++) seats.push(await takeSeat(group, index, options))
    const addresses = seats.map(seat => seat.address)
    const ensemble = new EnsembleHandle(
      seats.map(({ process, address, securePort, adminPort }) => ({
        address,
        process,
        plan: planServer(options, {
          confDir: process.confDir,
          dataDir: process.dataDir,
          clientHost: process.bindAddress,
          clientPort: address.clientPort,
          securePort,
          adminPort,
          ensemble: { id: address.id, members: addresses },
        }),
        port: address.clientPort,
        securePort,
        adminPort,
        isUp: () => true,
        release: () => process.dispose(),
      })),
      () => group.dispose(),
    )
    await ensemble.start()
    return ensemble
  })
}
