// Helpers of the programs: each prints what it sees, one line for each thing, and ends.
const { format, promisify } = require('node:util')
const zookeeper = require('node-zookeeper-client')

/** Makes a connected client with promises. */
exports.connect = hosts =>
  new Promise(resolve => {
    const client = zookeeper.createClient(hosts)
    const call = (name, ...args) => promisify(client[name]).call(client, ...args)
    client.once('connected', () => resolve({ client, call }))
    client.connect()
  })

/** Waits until a function returns something true. */
exports.until = async find => {
  for (;;) {
    const found = await find()
    if (found) return found
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

/** Prints a line that counts; packages print others. */
exports.print = (...values) => console.log(`> ${format(...values).replaceAll('\n', ' ')}`)

/** Ends the program, whatever the package leaves running. */
exports.end = () => process.stdout.write('', () => process.exit(0))
