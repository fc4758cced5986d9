import { expect, it } from 'vitest'
import { readConfig } from '#lib/config/index.ts'
import { cacheableBaseUrl } from '#lib/http/origin.ts'

const headers = { Host: 'voice.example', 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'https' }
const request = new Request('http://localhost:3000/api/temp-audio/x', { headers })

it('cacheableBaseUrl() ignores X-Forwarded-Host, by which caches do not tell answers apart', () => {
  expect(cacheableBaseUrl(readConfig({}), request)).toBe('https://voice.example')
  const config = readConfig({ PUBLIC_BASE_URL: 'https://ours.example' })
  expect(cacheableBaseUrl(config, request)).toBe('https://ours.example')
})
