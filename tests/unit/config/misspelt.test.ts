import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readConfig } from '#lib/config/index.ts'
import { configWarnings } from '#lib/config/warnings.ts'

const misspeltIn = (environment: Record<string, string>) => readConfig(environment).misspelt
const example = readFileSync(path.resolve(import.meta.dirname, '../../../.env.example'), 'utf8')
const names = [...example.matchAll(/^(?:# )?([A-Z][A-Z0-9_]+)=/gm)].map(([, name = '']) => name)

describe('misspelt variables', () => {
  it.each([
    ['PINATA_JTW', 'PINATA_JWT'],
    ['ELEVENLAB_API_KEY', 'ELEVENLABS_API_KEY'],
    ['ADMIN_APIKEY', 'ADMIN_API_KEY'],
    ['REDIS_URI', 'REDIS_URL'],
    ['PINATA_JTW_FILE', 'PINATA_JWT_FILE'],
  ])('takes %s for %s', (name, meant) => {
    expect(misspeltIn({ [name]: 'x' })).toEqual([{ name, meant }])
  })

  it('warns of one by both names, and does not say its value', () => {
    const warning = configWarnings(readConfig({ PINATA_JTW: 'secret-of-mine' })).find((line) =>
      line.startsWith('PINATA_JTW'),
    )
    expect(warning).toBe('PINATA_JTW is set, and nothing reads it: perhaps PINATA_JWT is meant.')
  })

  it('finds none among our own, each set by itself', () => {
    expect(names.length).toBeGreaterThan(80)
    const found = names.flatMap((name) => {
      try {
        return misspeltIn({ [name]: '1' })
      } catch {
        return []
      }
    })
    expect(found).toEqual([])
  })

  it('finds none in what shells, containers, Kubernetes and CI have in their environment', () => {
    const common =
      'HOME HOSTNAME USER LOGNAME SHELL TERM PATH PWD OLDPWD LANG LC_ALL MAIL SHLVL EDITOR DISPLAY TZ TMPDIR CI DEBUG NODE_ENV NODE_VERSION NODE_OPTIONS YARN_VERSION NPM_TOKEN KUBERNETES_SERVICE_HOST KUBERNETES_PORT REDIS_PORT REDIS_SERVICE_HOST REDIS_SERVICE_PORT POSTGRES_PORT POSTGRES_USER POSTGRES_PASSWORD PGHOST PGUSER VERCEL_URL VERCEL_ENV FLY_APP_NAME GITHUB_ACTIONS GITHUB_TOKEN AWS_REGION AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY DOCKER_HOST SSH_AUTH_SOCK XDG_RUNTIME_DIR COLORTERM FORCE_COLOR NO_COLOR'
    expect(misspeltIn(Object.fromEntries(common.split(' ').map((name) => [name, 'x'])))).toEqual([])
  })

  it('does not take a variable for one that is set as well', () => {
    expect(misspeltIn({ PINATA_JWT2: 'x', PINATA_JWT: 'eyJhbGciOiJIUzI1NiJ9.e30.aaaaaaaaaa' })).toEqual([])
  })
})
