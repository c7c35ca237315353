import { type Context, Hono } from 'hono'
import type { Assets } from '../assets.ts'
import { type ApiParts, api } from './api.ts'
import { exchange, type GuardOptions, headers, refusedPosts, sameSite, signedIn } from './guard.ts'

/** Makes the application: the guard before everything, the page, and the answers to it. */
export function application(guard: GuardOptions, assets: Assets, parts: ApiParts): Hono {
  const app = new Hono()
  const { log } = parts
  app.use(
    '/api/write',
    refusedPosts(({ req }, reason) => log.noteRefused(req.header('origin'), reason)),
  )
  app.use(headers(), sameSite(guard))
  app.get('/', async context => exchange(context, guard) ?? (await page(context, guard, assets)))
  app.use('/api/*', noStore, signedIn(guard))
  app.route('/api', api(parts))
  app.get('/:name', async context => {
    const asset = assets.get(context.req.param('name'))
    if (asset === null) return context.text('There is nothing here.', 404)
    const { bytes, type } = await asset
    return context.body(bytes, 200, { 'content-type': type, 'cache-control': 'no-cache' })
  })
  app.onError((error, context) => context.text(error.message, 500))
  return app
}

async function noStore(context: Context, next: () => Promise<void>): Promise<void> {
  await next()
  if (context.res.headers.get('cache-control') === null) context.header('cache-control', 'no-store')
}

/** Answers with the page, or with the word that the token is missing. */
async function page(context: Context, guard: GuardOptions, assets: Assets): Promise<Response> {
  const refused = await signedIn(guard)(context, async () => {})
  if (refused instanceof Response) {
    return context.text(
      'This is a zookit console. Open the address that it has printed: it has the token.\n',
      401,
    )
  }
  const { bytes, type } = await assets.get('index.html')!
  return context.body(bytes, 200, { 'content-type': type, 'cache-control': 'no-store' })
}
