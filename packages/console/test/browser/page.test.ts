import { connect } from '@zookit/client'
import { findBrowser, launch } from '../support/browser.ts'
import { ensembles, type Place } from '../support/places.ts'
import { attackCases } from './cases/attacks.ts'
import { editCases } from './cases/edits.ts'
import { hostileCases } from './cases/hostile.ts'
import { liveCases } from './cases/live.ts'
import { outageCases } from './cases/outages.ts'

const program = findBrowser()

if (program === undefined)
  console.log('Chromium: none found, the page of the console is not tried in a browser')

for (const kind of program === undefined ? [] : ensembles) {
  describe(`The page of the console on an ensemble of three: ${kind.name}`, function () {
    this.timeout(90_000)
    let place: Place
    before(async () => {
      const [browser, ensemble] = await Promise.all([launch(program!), kind.start()])
      const zk = await connect(ensemble.hosts, { sessionTimeout: 20_000, retryReads: 5 })
      place = { browser, ensemble, zk }
    })
    after(async () => {
      await place.zk.close()
      await place.browser.close()
      await place.ensemble[Symbol.asyncDispose]()
    })
    liveCases(() => place)
    editCases(() => place)
    hostileCases(() => place)
    attackCases(() => place)
    outageCases(() => place)
  })
}
