import { describe, expect, it } from 'vitest'
import { markedError } from '#lib/platform/errors.ts'
import { createScrubber } from '#lib/platform/redact.ts'
import { createLog } from '#lib/telemetry/log.ts'

describe('the log', () => {
  it('calls an error by its name, whatever a bundler has called its class', () => {
    const lines: string[] = []
    const log = createLog({
      level: 'info',
      scrub: (text) => text,
      destination: { write: (line) => void lines.push(line) },
    })
    class e extends markedError('CatalogError') {}
    log.error({ err: new e('locked', { cause: new Error('busy') }) }, 'failed')
    expect(JSON.parse(lines[0] ?? '').err).toMatchObject({
      type: 'CatalogError',
      message: expect.stringContaining('locked'),
      stack: expect.stringContaining('busy'),
    })
  })

  it('writes one JSON object a line, without any secret, however that came into it', () => {
    const lines: string[] = []
    const log = createLog({
      level: 'info',
      scrub: createScrubber(['hunter22', 'say "friend"']),
      destination: { write: (line) => void lines.push(line) },
    })
    const cause = new Error('refused hunter22')
    log
      .child({ token: 'hunter22' })
      .error({ err: new Error('hunter22 failed', { cause }), deep: { a: ['hunter22'] } }, 'hunter22')
    log.info({ key: 'say "friend"' }, 'line one\nline two')
    expect(lines).toHaveLength(2)
    for (const line of lines) {
      expect(line).not.toContain('hunter22')
      expect(line).not.toContain('friend')
      expect(line.trimEnd()).not.toContain('\n')
      expect(JSON.parse(line)).toMatchObject({
        level: expect.any(String),
        msg: expect.any(String),
        time: expect.any(String),
      })
    }
  })
})
