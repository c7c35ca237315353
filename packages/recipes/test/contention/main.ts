// 50 contenders in 10 processes acquire one lock, while connections, processes and servers fail: `pnpm contention
// --seed 1 --seconds 120 --servers real`.

import { parseArgs } from 'node:util'
import { runContention } from './run.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    seconds: { type: 'string', default: '60' },
    servers: { type: 'string', default: 'memory' },
    processes: { type: 'string', default: '10' },
    contenders: { type: 'string', default: '50' },
  },
})
const { servers } = values
if (servers !== 'memory' && servers !== 'real') throw new Error('--servers is memory or real')
const [seed, seconds, processes, contenders] = [
  values.seed,
  values.seconds,
  values.processes,
  values.contenders,
].map(Number)
console.log(
  `seed ${seed}: ${contenders} contenders in ${processes} processes for ${seconds} s, ${servers} servers`,
)
const report = await runContention({
  servers,
  seed: seed!,
  seconds: seconds!,
  processes: processes!,
  contenders: contenders!,
})
console.log(report)
if (report.violations.length > 0 || report.left > 0 || report.grants === 0) process.exitCode = 1
