import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'

const COUNT = 400
const PROGRAM = `
  import { freePort } from '@zookit/test-fixtures'
  const ports = await Promise.all(Array.from({ length: ${COUNT} }, () => freePort()))
  console.log(JSON.stringify(ports))
  process.stdin.resume()
`

/** Starts a process that asks for ports, and lives until it is told to end. */
function start(): { ports: Promise<number[]>; end(): void } {
  const args = ['--import', 'tsx', '--conditions=@zookit/source', '--input-type=module', '-e', PROGRAM]
  const running = promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname })
  const { child } = running
  const ports = new Promise<number[]>((resolve, reject) => {
    child.stdout!.once('data', line => resolve(JSON.parse(String(line))))
    running.catch(reject)
  })
  return { ports, end: () => child.stdin!.end() }
}

describe('A free port', function () {
  this.timeout(60_000)

  it('is given out once, whichever process asks: none takes the port of a server of another that is down', async () => {
    const processes = [start(), start(), start()]
    try {
      const ports = (await Promise.all(processes.map(({ ports }) => ports))).flat()
      expect(ports).to.have.lengthOf(3 * COUNT)
      expect(new Set(ports).size).to.equal(3 * COUNT)
      for (const port of ports) expect(port).to.be.within(10_000, 32_000)
    } finally {
      for (const { end } of processes) end()
    }
  })
})
