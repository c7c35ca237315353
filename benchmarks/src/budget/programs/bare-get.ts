// Opens a socket, reads one znode and prints its data, all by hand: the least that a Node program can do.

import { connect } from 'node:net'

const [hosts = '', path = ''] = process.argv.slice(2)
const [host, port] = hosts.split(':') as [string, string]

/** Makes a frame: a length, and 32-bit integers behind it, then a text. */
function frame(integers: readonly number[], text = ''): Buffer {
  const bytes = Buffer.alloc(4 + 4 * integers.length + text.length)
  for (const [i, integer] of [bytes.length - 4, ...integers].entries()) bytes.writeInt32BE(integer, 4 * i)
  bytes.write(text, 4 + 4 * integers.length)
  return bytes
}

const socket = connect({ host, port: Number(port), noDelay: true })
let [input, step] = [Buffer.alloc(0), 0]
// A version, a zxid, a timeout, a session id, and an empty password of 16 bytes.
socket.write(frame([0, 0, 0, 30_000, 0, 0, 16, 0, 0, 0, 0], '\0'))
socket.on('data', chunk => {
  input = Buffer.concat([input, chunk])
  while (input.length >= 4 && input.length >= 4 + input.readInt32BE(0)) {
    const reply = input.subarray(4, 4 + input.readInt32BE(0))
    input = input.subarray(4 + reply.length)
    step++
    if (step === 1) socket.write(frame([1, 4, path.length], `${path}\0`))
    if (step === 2) {
      console.log(reply.toString('utf8', 20, 20 + reply.readInt32BE(16)))
      socket.write(frame([2, -11]))
    }
    if (step === 3) socket.end()
  }
})
