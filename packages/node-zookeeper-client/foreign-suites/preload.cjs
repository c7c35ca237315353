// Loaded before the tests of a package, which stay as they are: they connect to port 2181, and want the mocha and chai of
// their time.
const Module = require('node:module')
const { Socket } = require('node:net')

const { connect } = Socket.prototype
Socket.prototype.connect = function (...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0]
  if (Number(options?.port) === 2181) options.port = Number(process.env.ZOOKIT_PORT)
  return connect.apply(this, args)
}

const mocha = require.resolve('mocha')
const resolve = Module._resolveFilename
Module._resolveFilename = function (request, ...rest) {
  if (request === 'mocha') return mocha
  return resolve.call(this, request === 'chai' ? process.env.ZOOKIT_CHAI : request, ...rest)
}
