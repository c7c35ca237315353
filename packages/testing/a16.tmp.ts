import { TestServer } from '@zookit/testing'
import { spawnSync } from 'node:child_process'
import { spawn } from 'node:child_process'
const s = await TestServer.start()
const run = (host: string, ...a: string[]) => new Promise<void>(r => { const c = spawn('node', ['packages/cli/dist/main.js', '--hosts', host, ...a]); let o=''; c.stdout.on('data', d => o+=d); c.stderr.on('data', d=>o+=d); c.on('close', code => { console.log('$', host.slice(s.hosts.length), a.join(' '), '=>', code); console.log(o); r() }) })
const ch = s.hosts + '/no/chroot'
await run(s.hosts, 'create', '/a/b/c', 'x')
await run(s.hosts, '--json', 'create', '/a/b/c', 'x')
await run(s.hosts, 'ls', '/a/b')
await run(s.hosts, 'set', '/a/b', 'x')
await run(s.hosts, 'stat', '/a/b')
await run(s.hosts, 'put', '/a/b', '/etc/hostname')
await run(s.hosts, 'cp', '/zookeeper', '/a/b')
await run(s.hosts, 'mv', '/zookeeper/quota', '/a/b')
await run(ch, 'ls', '/')
await run(ch, 'create', '/a/b', 'x')
await run(ch, 'create', '-p', '/a', 'x')
await run(ch+'2', 'create', '/a', 'x')
await run(ch+'2', 'create', '-p', '/a/b', 'x')
await run(ch+'3', 'tree', '/')
await run(ch+'3', 'lock', '/a', '--', 'echo', 'hi')
await run(ch+'4', 'edit', '/a/b')
await run(ch+'4', 'import', '/dev/null')
await s.stop()
