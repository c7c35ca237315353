import { startProxy } from '../../support/faults.ts'
import type { Place } from '../../support/places.ts'
import { visit } from '../../support/visitor.ts'

/** Declares what the page does when the console loses its servers. */
export function outageCases(place: () => Place): void {
  // A suite of its own, so that it comes after those of other cases: the leader is not started again.
  describe('while servers fail', () => {
    it('says that the connection is lost, and shows what has changed meanwhile when it is there again', async () => {
      const { zk, browser, ensemble } = place()
      await zk.create('/shown', 'before')
      await zk.create('/going', 'x')
      await using proxy = await startProxy(Number(ensemble.hosts.split(',')[0]!.split(':')[1]))
      await using visitor = await visit(browser, `127.0.0.1:${proxy.port}`)
      const { page } = visitor
      await visitor.watching()
      await visitor.go('#/tree/shown')
      await page.getByLabel('Data as text').filter({ hasText: 'before' }).waitFor()
      proxy.cut()
      await page.locator('.status .badge.bad', { hasText: /^(suspended|connecting)/ }).waitFor()
      await zk.setData('/shown', 'after')
      await zk.create('/coming')
      await zk.delete('/going')
      // The word stays for some seconds: whoever looks for it later may be late.
      const isTold = page.getByText('Read again: changes may have been missed').waitFor()
      proxy.mend()
      await Promise.all([
        isTold,
        page.getByLabel('Data as text').filter({ hasText: 'after' }).waitFor(),
        visitor.row('/coming').waitFor(),
        visitor.row('/going').waitFor({ state: 'detached' }),
      ])
      await visitor.watching()
      await zk.setData('/shown', 'still live')
      await page.getByLabel('Data as text').filter({ hasText: 'still live' }).waitFor()
      await zk.delete('/shown')
      await zk.delete('/coming')
    })

    it('shows that the leader was killed, and what changes after it', async () => {
      const { zk, browser, ensemble } = place()
      await using visitor = await visit(browser, ensemble.hosts)
      await visitor.watching()
      await visitor.go('#/ensemble')
      await visitor.page.getByText('3 of 3 voters serve').waitFor()
      const killed = await ensemble.killLeader()
      await visitor.page.getByText('2 of 3 voters serve').waitFor({ timeout: 40_000 })
      await visitor.page.getByRole('row', { name: new RegExp(`^${killed} unreachable`) }).waitFor()
      await visitor.go('#/tree/')
      await zk.ready()
      await zk.create('/after-the-leader', 'x').catch(async () => {
        await zk.ready()
        await zk.ensurePath('/after-the-leader')
      })
      await visitor.row('/after-the-leader').waitFor({ timeout: 30_000 })
    })
  })
}
