import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { type Attacker, answersTo, attack, startAttacker, submitForm } from '../../support/attacker.ts'
import { ATTACKER } from '../../support/browser.ts'
import { newestData, type Place } from '../../support/places.ts'
import { type Visit, visit } from '../../support/visitor.ts'

/** Declares what other sites in the same browser get of a console that the browser is signed in to. */
export function attackCases(place: () => Place): void {
  describe('while another site attacks it', () => {
    let attacker: Attacker
    let visitor: Visit
    const lines: string[] = []
    before(async () => {
      const { zk, browser, ensemble } = place()
      await zk.create('/guarded', 'secret')
      attacker = await startAttacker()
      visitor = await visit(browser, ensemble.hosts, { write: true, log: line => void lines.push(line) })
      await visitor.watching()
    })
    after(async () => {
      await visitor[Symbol.asyncDispose]()
      await attacker[Symbol.asyncDispose]()
      await place().zk.delete('/guarded')
    })
    const lure = async (address: string): Promise<Page> => {
      const page = await visitor.page.context().newPage()
      page.setDefaultTimeout(20_000)
      await page.goto(address)
      return page
    }
    const expectUnharmed = async (): Promise<void> => {
      expect(await newestData(place().zk, '/guarded')).to.equal('secret')
      expect(lines.filter(line => !line.includes('"refused: ') && !line.includes('(unread)'))).to.deep.equal(
        [],
      )
    }

    // The browser sends the cookie with requests of another port of the same host: there the Origin alone protects.
    for (const [title, host] of [
      ['of another host', ATTACKER],
      ['of another port of the same host', '127.0.0.1'],
    ] as const) {
      it(`gives a page ${title} nothing, whatever it sends, and writes nothing for it`, async () => {
        const page = await lure(attacker.at(host))
        const answers = await answersTo(page, visitor.listening.port)
        const told = await attack(page, visitor.listening.address)
        expect(Object.keys(told)).to.have.length(9)
        for (const [attempt, outcome] of Object.entries(told)) expect(outcome, attempt).to.equal('refused')
        for (const path of ['znode', 'rows', 'write', 'stream', 'export'])
          expect(answers().join(), path).to.match(new RegExp(`/api/${path} 40[13]`))
        expect(answers().filter(answer => !/ (401|403)$/.test(answer))).to.deep.equal([])
        await expectUnharmed()
        expect(lines.join('\n')).to.contain('(unread) from "http://')
      })

      it(`takes no form of a page ${title}, shows it no export, and lets it frame nothing`, async () => {
        const { address } = visitor.listening
        expect(await submitForm(await lure(attacker.at(host)), address)).to.be.oneOf([401, 403])
        const download = await lure(attacker.at(host))
        const exported = download.waitForResponse(/api\/export/)
        await download.evaluate(`location.href = ${JSON.stringify(`${address}api/export?path=/guarded`)}`)
        expect((await exported).status()).to.be.oneOf([401, 403])
        const page = await lure(attacker.at(host))
        await page.evaluate(`new Promise(resolve => {
          const frame = document.createElement('iframe')
          frame.onload = resolve
          frame.src = ${JSON.stringify(address)}
          document.body.appendChild(frame)
        })`)
        const framed = page.frames().at(-1)!
        expect(framed).to.not.equal(page.mainFrame())
        expect(await framed.locator('header').count()).to.equal(0)
        await expectUnharmed()
      })
    }

    it('answers to no other name that leads to it, as after DNS rebinding', async () => {
      const { port, url } = visitor.listening
      const rebound = `http://${ATTACKER}:${port}/`
      const page = await visitor.page.context().newPage()
      for (const address of [
        rebound,
        `${rebound}api/znode?path=/guarded`,
        url.replace('127.0.0.1', ATTACKER),
      ])
        expect((await page.goto(address))?.status(), address).to.equal(421)
      // Whoever has made the browser take the console's address for that of its own page runs there as its own origin.
      await page.goto(rebound)
      const answers = await answersTo(page, port)
      const told = await attack(page, rebound)
      for (const [attempt, outcome] of Object.entries(told)) expect(outcome, attempt).to.equal('refused')
      for (const path of ['znode', 'rows', 'write', 'stream', 'export'])
        expect(answers().join(), path).to.contain(`/api/${path} 421`)
      expect(answers().filter(answer => !answer.endsWith(' 421'))).to.deep.equal([])
      await expectUnharmed()
    })

    it('opens to its own token alone, which leaves the address and no script can read', async () => {
      const { address, url, port } = visitor.listening
      expect(await visitor.page.evaluate('location.href + document.cookie')).to.not.contain('token')
      const stranger = await place().browser.newContext()
      const page = await stranger.newPage()
      for (const wrong of [address, `${address}?token=wrong`, `${address}?token=`, `${address}?token=%00`]) {
        expect((await page.goto(wrong))?.status(), wrong).to.equal(401)
        expect(await stranger.cookies(), wrong).to.deep.equal([])
      }
      // The cookie of one console opens no other, also under the name of its own port.
      await using other = await visit(place().browser, place().ensemble.hosts)
      const [cookie] = await visitor.page.context().cookies()
      expect([cookie!.httpOnly, cookie!.sameSite]).to.deep.equal([true, 'Strict'])
      expect(cookie!.value).to.not.contain(visitor.console.token)
      const name = cookie!.name.replace(String(port), String(other.listening.port))
      await stranger.addCookies([{ ...cookie!, name }])
      expect((await page.goto(other.listening.address))?.status()).to.equal(401)
      await stranger.addCookies([cookie!])
      expect((await page.goto(address))?.status()).to.equal(200)
      expect((await page.goto(url))?.status()).to.equal(200)
      expect(page.url()).to.equal(address)
      await stranger.close()
    })
  })
}
