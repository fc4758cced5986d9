import { expect, it } from 'vitest'
import { readConfig } from '#lib/config/index.ts'
import type { Services } from '#lib/context.ts'
import { securityTxt } from '#lib/http/answers/security-txt.ts'

const at = (now: string, environment: Record<string, string>) =>
  securityTxt({
    clock: { now: () => Date.parse(now) } as Services['clock'],
    config: readConfig(environment),
  })

it('security.txt names the contact for less than a year from now', () => {
  expect(at('2026-11-27T13:14:15Z', { SECURITY_CONTACT: 'mailto:security@voice.example' })).toBe(
    'Contact: mailto:security@voice.example\nExpires: 2027-11-27T00:00:00.000Z\n',
  )
})

it('security.txt says where it is kept, where that is known', () => {
  const environment = {
    SECURITY_CONTACT: 'https://voice.example/security',
    PUBLIC_BASE_URL: 'https://voice.example',
  }
  expect(at('2026-01-01T00:00:00Z', environment)).toContain(
    '\nCanonical: https://voice.example/.well-known/security.txt\n',
  )
})

it('there is no security.txt without a contact', () => {
  expect(() => at('2026-01-01T00:00:00Z', {})).toThrow(expect.objectContaining({ code: 'not_found' }))
})

it.each([
  'security@voice.example',
  'http://voice.example',
  'mailto:',
  'https://a:b@voice.example',
  'mailto:a@b\nX: y',
])('refuses SECURITY_CONTACT=%j', (contact) => {
  expect(() => readConfig({ SECURITY_CONTACT: contact })).toThrow(/SECURITY_CONTACT/)
})
