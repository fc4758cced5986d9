import { globSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { routeOf, routePatterns } from '#lib/http/route-patterns.ts'

const app = path.resolve(import.meta.dirname, '../../../app')

describe('the route of a request', () => {
  it.each([
    ['/api/clips/0123456789abcdef0123456789abcdef?x=1', '/api/clips/{id}'],
    ['/v1/text-to-speech/George/stream', '/v1/text-to-speech/{voiceId}/stream'],
    ['/ipfs/bafk/a/b', '/ipfs/{path}*'],
    ['/_next/static/chunks/main.js', '/_next/{path}*'],
    ['/', '/'],
    ['/wp-login.php', undefined],
    ['/api/openapiXjson', '/api/{path}*'],
  ])('of %s is %s', (url, route) => {
    expect(routeOf(url)).toBe(route)
  })

  it('is known of every file in app/', () => {
    const files = globSync('**/{route.ts,page.tsx}', { cwd: app })
    const routes = files.map((file) => {
      const folder = `/${path.dirname(file)}`.replace(/^\/\.$/, '/')
      return folder.replace(/\[\.\.\.(\w+)\]/g, '{$1}*').replace(/\[(\w+)\]/g, '{$1}')
    })
    expect(routes.length).toBeGreaterThan(15)
    expect(routes.filter((route) => !(routePatterns as readonly string[]).includes(route))).toEqual([])
  })
})
