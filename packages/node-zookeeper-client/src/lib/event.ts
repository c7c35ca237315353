import { Event } from '../values/event.ts'

export { Event as default, Event as 'module.exports' }
