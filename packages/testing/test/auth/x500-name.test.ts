import { expect } from 'chai'
import { resolveAcl } from '../../src/auth/acl.ts'
import { isX500Name } from '../../src/auth/x500-name.ts'

// Each was given to Java's X500Principal.
const NAMES = [
  '',
  'CN=a',
  'cn=a,O=b',
  'CN=a, O=b',
  'CN=a;O=b',
  'CN=a+OU=b',
  'CN=',
  'CN=,O=b',
  '1.2.3=a',
  'OID.1.2.3=a',
  'CN=#0c0161',
  'CN="a,b"',
  'CN=a\\,b',
  'CN=a\\41',
  'CN=a\\\nb',
  'CN=\\ a',
  'CN=a=b',
  'CN=a#b',
  'CN=a\nb',
  'emailAddress=x',
  'CN =a',
  ' CN= a ',
  'C=Ä',
]
const OTHERS = [
  ' ',
  'foo',
  'FOO=a',
  'CN',
  '=a',
  '9.2.3=a',
  '1=a',
  'CN=#',
  'CN=#zz',
  'CN="a',
  'CN=a\\',
  'CN=a\\zz',
  'CN=a,',
  'CN=a;',
  ',CN=a',
  'CN=a,,O=b',
  'CN=a"b"',
  'CN=a<b',
  'E=a',
  'TITLE=x',
  'user@A',
  'CN=a,foo',
  'CN=a+',
  'CN=a+b',
]

describe('An id of the x509 scheme', () => {
  it('is a distinguished name that Java accepts', () => {
    for (const name of NAMES) expect(isX500Name(name), JSON.stringify(name)).to.equal(true)
    for (const other of OTHERS) expect(isX500Name(other), JSON.stringify(other)).to.equal(false)
  })

  it('is checked in an ACL where the server has the scheme', () => {
    const settings = { sasl: false, x509: true, nullAclError: -114, nullSchemeError: -114 }
    const acl = (id: string) => [{ perms: 31, id: { scheme: 'x509', id } }]
    expect(resolveAcl(acl('CN=joe'), [], settings)).to.deep.equal(acl('CN=joe'))
    expect(resolveAcl(acl('joe'), [], settings)).to.equal(-114)
    expect(resolveAcl(acl('CN=joe'), [], { ...settings, x509: false })).to.equal(-114)
  })

  it('is checked in a time that grows with its length alone', () => {
    const size = 200_000
    const spaces = ' '.repeat(size)
    expect(isX500Name(`CN=${spaces}<`)).to.equal(false)
    expect(isX500Name(`CN=${'a\\,'.repeat(size)}`)).to.equal(true)
    expect(isX500Name(`${'CN=a,'.repeat(size)}<`)).to.equal(false)
  })
})
