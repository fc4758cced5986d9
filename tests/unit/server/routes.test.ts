import { globSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { createRoutes } from '#lib/server/routes.ts'

const directory = path.resolve(import.meta.dirname, '../../..')
const app = path.join(directory, 'app')

describe('the routes of the front', () => {
  const routes = createRoutes(directory)

  it('are the files that Next.js takes for its routes, with a handler for each method', async () => {
    const files = globSync('**/route.ts', { cwd: app })
    expect(files.length).toBeGreaterThan(20)
    for (const file of files) {
      const url = `/${path.dirname(file)}`.replace(/\[(\.\.\.)?\w+\]/g, 'abc')
      const found = await routes.find(url)?.load()
      const exported = await import(path.join(app, file))
      expect(found, url).toBe(exported)
      expect(Object.keys(exported)).toEqual(
        expect.arrayContaining(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']),
      )
    }
  })

  const pages = [
    '/',
    '/docs?a',
    '/c/abc',
    '/_next/static/a.js',
    '/favicon.ico',
    '/manifest.webmanifest',
    '/icon.svg',
  ]
  it.each(pages)('have nothing for %s, which Next.js answers', (url) => {
    expect([routes.find(url), routes.isPage(url)]).toEqual([undefined, true])
  })

  it.each(['/api', '/v1', '/v2', '/foo', '/docs/', '/favicon.ico/x', '/wp-login.php'])(
    'know that there is nothing at %s',
    (url) => {
      expect([routes.find(url), routes.isPage(url)]).toEqual([undefined, false])
    },
  )

  it.each(['/mcp', '/openapi.json', '/api/health', '/api/nothing'])('take %s for no page', (url) => {
    expect(routes.isPage(url)).toBe(false)
  })

  it.each([
    ['/api/nothing', '/api/{path}*'],
    ['/api/temp-audio/a/b', '/api/{path}*'],
    ['/api//health', '/api/{path}*'],
    ['/api/clips/abc?x=/y', '/api/clips/{id}'],
  ])('answer %s by %s', (url, pattern) => {
    expect(routes.find(url)?.pattern).toBe(pattern)
  })
})
