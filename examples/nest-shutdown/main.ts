// A NestJS application that stops without an error for anybody. Nest calls the hooks in the order that it takes.

import 'reflect-metadata'
import {
  type BeforeApplicationShutdown,
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  type OnApplicationShutdown,
  Post,
  ServiceUnavailableException,
} from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { connect, type SessionHealth, type ZooKeeper } from '@zookit/client'
import { Group, type Membership, Mutex } from '@zookit/recipes'

const ZOOKEEPER = Symbol('ZooKeeper')

@Injectable()
class Presence implements BeforeApplicationShutdown, OnApplicationShutdown {
  @Inject(ZOOKEEPER) private readonly zk!: ZooKeeper
  #membership: Membership | undefined
  stopping = false

  async join(url: string): Promise<void> {
    this.#membership = await new Group(this.zk, '/services/invoices').join({ data: url })
  }

  /** Leaves the group, before Nest closes the HTTP server: nobody finds this instance any more. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true
    await this.#membership?.leave({ timeout: 5000 })
    console.log('left the group')
  }

  /** Ends the session, after Nest has answered the requests that ran. */
  async onApplicationShutdown(): Promise<void> {
    console.log('answered')
    await this.zk.close()
  }
}

@Controller()
class Invoices {
  @Inject(ZOOKEEPER) private readonly zk!: ZooKeeper
  @Inject(Presence) private readonly presence!: Presence

  @Get('readyz')
  readyz(): SessionHealth {
    if (!this.zk.certain || this.presence.stopping) throw new ServiceUnavailableException()
    return this.zk.health()
  }

  /** Takes its time: others may hold the lock. */
  @Post('invoices')
  async invoice(): Promise<{ token: string }> {
    const mutex = new Mutex(this.zk, '/locks/invoices')
    return { token: await mutex.withLock((_, lock) => String(lock.token), { timeout: 30_000 }) }
  }
}

const hosts = process.argv[2] ?? '127.0.0.1:2181'

@Module({
  controllers: [Invoices],
  providers: [Presence, { provide: ZOOKEEPER, useFactory: () => connect(hosts) }],
})
class App {}

const app = await NestFactory.create<NestFastifyApplication>(App, new FastifyAdapter(), { logger: ['error'] })
const presence = app.get(Presence)

// Fastify would wait 72 s for the next request on a connection whose request still ran when it was closed.
app
  .getHttpAdapter()
  .getInstance()
  .addHook('onSend', async (_, reply) => {
    if (presence.stopping) reply.header('connection', 'close')
  })

app.enableShutdownHooks([], { useProcessExit: true }) // exit code 0
await app.listen(Number(process.env.PORT ?? 0), '127.0.0.1')
const url = await app.getUrl()
await presence.join(url)
console.log(`listening: ${url}`)
