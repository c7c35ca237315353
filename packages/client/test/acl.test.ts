import { expect } from 'chai'
import { acl, creatorAllAcl, digestId, formatAcl, openAcl, type Perms, readOnlyAcl } from '../src/acl.ts'
import { expectBadArguments } from './refusal.ts'

describe('An ACL entry', () => {
  it('takes its permissions as a number, as letters or as names', () => {
    const expected = { perms: 1 | 4 | 16, id: { scheme: 'ip', id: '10.0.0.0/8' } }
    for (const perms of [21, 'cra', 'arc', ['read', 'create', 'admin']] as Perms[]) {
      expect(acl(perms, 'ip', '10.0.0.0/8')).to.deep.equal(expected)
    }
  })

  it('gives each letter and name the bit that ZooKeeper gives it', () => {
    const bits = (perms: Perms) => acl(perms, 'world', 'anyone').perms
    expect(['r', 'w', 'c', 'd', 'a'].map(bits)).to.deep.equal([1, 2, 4, 8, 16])
    expect(bits('cdrwa')).to.equal(31)
    expect(bits(['all'])).to.equal(31)
    expect((['read', 'write', 'create', 'delete', 'admin'] as const).map(name => bits([name]))).to.deep.equal(
      [1, 2, 4, 8, 16],
    )
    expect(bits(0)).to.equal(0)
  })

  it('refuses permissions that do not exist', () => {
    for (const perms of [
      32,
      -1,
      1.5,
      Number.NaN,
      'rx',
      'R',
      'read',
      ['READ'],
      ['cdrwa'],
      ['toString'],
      '',
      [],
    ]) {
      expectBadArguments(() => acl(perms as Perms, 'world', 'anyone'), /permission/)
    }
  })
})

describe('The well-known ACLs', () => {
  it('are ZooKeeper’s', () => {
    expect(openAcl).to.deep.equal([{ perms: 31, id: { scheme: 'world', id: 'anyone' } }])
    expect(readOnlyAcl).to.deep.equal([{ perms: 1, id: { scheme: 'world', id: 'anyone' } }])
    expect(creatorAllAcl).to.deep.equal([{ perms: 31, id: { scheme: 'auth', id: '' } }])
  })

  it('cannot be changed by the code that shares them', () => {
    for (const list of [openAcl, readOnlyAcl, creatorAllAcl]) {
      expect(list).to.be.frozen
      expect(list[0]).to.be.frozen
      expect(list[0]?.id).to.be.frozen
    }
  })
})

describe('digestId', () => {
  it('is what ZooKeeper 3.8 prints for the same user and password', () => {
    expect(digestId('user', 'secret')).to.equal('user:5w9W4eL3797Y4Wq8AcKUPPk8ha4=')
    expect(digestId('bob', 'pass:word')).to.equal('bob:SPSPLmKW+966THWzDOL2lGAgURQ=')
    expect(digestId('zo\u00eb', 'geheim\u20ac')).to.equal('zo\u00eb:KaT3Pmm72oo2g5gGvmtCAfFBsN8=')
  })

  it('refuses a user name that the server would cut at a ":"', () => {
    expectBadArguments(() => digestId('a:b', 'secret'), /":"/)
  })

  it('does not repeat the password when it refuses', () => {
    expect(() => digestId('a:b', 'secret'))
      .to.throw()
      .with.property('message')
      .that.does.not.include('secret')
  })
})

describe('formatAcl', () => {
  it('writes entries in the form of ZooKeeper\u2019s shell', () => {
    expect(formatAcl(openAcl)).to.equal('world:anyone:cdrwa')
    expect(formatAcl(acl('ra', 'ip', '10.0.0.1'))).to.equal('ip:10.0.0.1:ra')
    expect(formatAcl([...readOnlyAcl, acl(['all'], 'digest', digestId('user', 'secret'))])).to.equal(
      'world:anyone:r,digest:user:5w9W4eL3797Y4Wq8AcKUPPk8ha4=:cdrwa',
    )
    expect(formatAcl([])).to.equal('')
    expect(formatAcl(acl(0, 'world', 'anyone'))).to.equal('world:anyone:')
  })
})
