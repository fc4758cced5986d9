import { stripVTControlCharacters } from 'node:util'
import { expect, it } from 'vitest'
import { createLog } from '#lib/telemetry/log.ts'
import { readableLine } from '#lib/telemetry/readable-line.ts'

const plain = (line: object) => stripVTControlCharacters(readableLine(JSON.stringify(line)))

it('a readable line has time, level and message first, then the fields that differ from line to line', () => {
  const line = { level: 'info', time: '2026-11-22T11:00:00.310Z', host: 'a', pid: 1, version: '0.1.0' }
  expect(plain({ ...line, requestId: 'r-1', status: 404, detail: 'no such clip', msg: 'Refused' })).toBe(
    '11:00:00.310 info  Refused requestId=r-1 status=404 detail="no such clip"\n',
  )
})

it('a readable line shows where an error came from, below', () => {
  const err = { message: 'boom', stack: 'Error: boom\n    at place' }
  expect(plain({ level: 'error', time: '2026-11-22T11:00:00.310Z', err, msg: 'Failed' })).toBe(
    '11:00:00.310 error Failed\n    Error: boom\n    at place\n',
  )
})

it('what is no line of the log stays as it is, and control characters of a value are written as codes', () => {
  expect(readableLine('Voicepin listens\n')).toBe('Voicepin listens\n')
  expect(plain({ level: 'warn', time: '', name: 'a\u001b[2Jb', msg: 'Odd' })).toContain('name="a\\u001b[2Jb"')
})

it('control characters of a message and of an error are written as codes, wherever they stand', () => {
  const err = { message: 'x', stack: 'ProviderError: a\u001b[2Jb\u009b2Jc\n    at place' }
  const line = readableLine(
    JSON.stringify({ level: 'error', time: '', err, key: '\u009b', msg: 'Odd\u0007' }),
  )
  expect(line.replaceAll('\n', '').match(/\p{Cc}/gu) ?? []).toEqual([])
  expect(line).toContain('a\\u001b[2Jb\\u009b2Jc')
})

it('an error that is none is shown as it is', () => {
  expect(plain({ level: 'error', time: '', err: 'away', msg: 'Failed' })).toContain('    "away"\n')
})

it('a line of the log has host, pid and version, in JSON unless it is to be readable, and no secret either way', () => {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const scrub = (text: string) => text.replaceAll('hunter2', '[secret]')
  createLog({ level: 'info', format: 'json', scrub, destination }).info({ key: 'hunter2' }, 'One')
  createLog({ level: 'info', format: 'pretty', scrub, destination }).info({ key: 'hunter2' }, 'Two')
  const [json = '', readable = ''] = lines
  expect(JSON.parse(json)).toMatchObject({ pid: process.pid, host: expect.any(String), version: '0.1.0' })
  expect(stripVTControlCharacters(readable)).toMatch(/ info {2}Two key=\[secret\]\n$|key="\[secret\]"\n$/)
  expect(lines.join('')).not.toContain('hunter2')
})
