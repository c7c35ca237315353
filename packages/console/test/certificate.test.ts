import { X509Certificate } from 'node:crypto'
import { expect } from 'chai'
import { selfSigned } from '../src/demo/certificate.ts'

const DAY = 86_400_000

describe('The certificate of the made-up ensemble', () => {
  it('is one that has signed itself, for this machine and these days, with a key that is new each time', () => {
    const now = Date.parse('2026-03-04T05:06:07Z')
    const [one, other] = [selfSigned('somebody', 90, now), selfSigned('somebody', 90, now)]
    const certificate = new X509Certificate(one.cert)
    expect(certificate.verify(certificate.publicKey)).to.equal(true)
    expect(certificate.subject).to.equal('CN=somebody')
    expect(certificate.checkIP('127.0.0.1')).to.equal('127.0.0.1')
    expect(certificate.checkHost('localhost')).to.equal('localhost')
    expect(certificate.checkIP('127.0.0.2')).to.equal(undefined)
    expect(Date.parse(certificate.validFrom)).to.equal(now - DAY)
    expect(Date.parse(certificate.validTo)).to.equal(now + 90 * DAY)
    expect(other.key).to.not.equal(one.key)
    expect(new X509Certificate(other.cert).serialNumber).to.not.equal(certificate.serialNumber)
    expect(certificate.verify(new X509Certificate(other.cert).publicKey)).to.equal(false)
  })

  it('can be made for any name', () => {
    for (const name of ['a', 'x'.repeat(64), 'x'.repeat(127), 'x'.repeat(128), 'x'.repeat(300), 'Zoë'])
      expect(new X509Certificate(selfSigned(name, 1).cert).subject.replace(/^CN=/, '').length).to.be.at.least(
        1,
      )
  })
})
