import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { findInstallation } from '../src/installation.ts'
import { searchTargets } from '../src/targets.ts'

async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    return String(error)
  }
  return 'no failure'
}

describe('the search for real servers', () => {
  let directory: string
  let env: NodeJS.ProcessEnv

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'zookit-test-'))
    mkdirSync(join(directory, 'lib'))
    writeFileSync(join(directory, 'java'), '')
    env = { PATH: directory, ZOOKEEPER_HOME: directory, ZOOKIT_ZOOKEEPER_IMAGE: '' }
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  it('takes the installation that ZOOKEEPER_HOME names, with its version', () => {
    for (const name of ['zookeeper-jute-3.9.3.jar', 'zookeeper-3.9.3.jar']) {
      writeFileSync(join(directory, 'lib', name), '')
    }
    const found = findInstallation(env)
    expect(found).to.include({ java: join(directory, 'java'), version: '3.9.3' })
    expect(found?.classPath.split(':')).to.have.members([
      join(directory, 'conf'),
      join(directory, 'lib', 'zookeeper-jute-3.9.3.jar'),
      join(directory, 'lib', 'zookeeper-3.9.3.jar'),
    ])
  })

  it('refuses a ZOOKEEPER_HOME without the server', async () => {
    expect(await failure(searchTargets(env))).to.contain(`ZOOKEEPER_HOME is ${directory}`)
  })

  it('refuses a ZOOKEEPER_HOME without a Java to run it', async () => {
    rmSync(join(directory, 'java'))
    expect(await failure(searchTargets(env))).to.contain('no java')
  })

  it('finds none without Java, which is a failure only where a real server is required', async () => {
    const bare = { PATH: join(directory, 'lib'), ZOOKIT_ZOOKEEPER_IMAGE: '' }
    expect(await searchTargets(bare)).to.deep.equal([])
    expect(await failure(searchTargets({ ...bare, ZOOKIT_REQUIRE: 'real' }))).to.contain('ZOOKEEPER_HOME')
  })

  it('refuses a ZOOKIT_REQUIRE that it does not know', async () => {
    const wrong = { PATH: directory, ZOOKIT_ZOOKEEPER_IMAGE: '', ZOOKIT_REQUIRE: 'rael' }
    expect(await failure(searchTargets(wrong))).to.contain("'rael'")
  })
})
