import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { describeError, markedError } from '#lib/platform/errors.ts'

const root = path.resolve(import.meta.dirname, '../../..')

/** What the constructor of each class is given. A class that is missing here fails the test below. */
const examples: Record<string, unknown[]> = {
  AttemptsFailedError: [3, new Error('why')],
  BackupRefusedError: ['why'],
  BytesMissingError: ['why'],
  CatalogError: ['why', { cause: new Error('deeper') }],
  ChainError: [[{ provider: 'pinata', attempts: 1, error: 'why' }], []],
  ConfigError: ['why'],
  DiskFullError: ['why'],
  ForeignBucketError: ['why'],
  GatewayError: [404],
  JoinError: ['why'],
  LeaseLostError: ['why'],
  MigrationRefusedError: ['why'],
  NoAnswerError: ['why'],
  NoPrimaryError: ['why'],
  NotTriedError: ['why'],
  OvertakenError: ['why'],
  PieceError: ['why', { code: 'invalid_request', isFinal: true }],
  ProblemError: [{ status: 500, detail: 'why' }],
  ProviderError: ['why', { isRetryable: true }],
  RefusedError: ['why'],
  ServiceError: ['not_found', 'why'],
  StatusError: [new Response(null, { status: 500 }), 'why'],
  TempAudioError: ['why'],
  UnreadableAnswerError: ['why'],
  WalSyncError: ['why'],
  WrongContentError: ['why'],
}

type ErrorClass = (new (...values: unknown[]) => Error) & { isInstance(error: unknown): boolean }

interface Source {
  file: string
  source: string
}

async function sources(): Promise<Source[]> {
  const perFolder = ['lib', 'app', 'bin'].map(async (folder) =>
    (await readdir(path.join(root, folder), { recursive: true })).map((name) => path.join(folder, name)),
  )
  const files = (await Promise.all(perFolder)).flat().filter((file) => /\.tsx?$/.test(file))
  return Promise.all(
    files.map(async (file) => ({ file, source: await readFile(path.join(root, file), 'utf8') })),
  )
}

function classesIn({ file, source }: Source) {
  const found = source.matchAll(/^(export )?class (\w+) extends markedError\('(\w+)'\)/gm)
  return [...found].map(([, exported, name = '', mark]) => ({
    file,
    name,
    mark,
    isExported: Boolean(exported),
  }))
}

describe('the error classes of the project', () => {
  it('all have the base with the mark, under their own names', async () => {
    const all = await sources()
    const unmarked = all.filter(({ source }) =>
      /\bclass \w* ?extends (Aggregate|Type|Range)?Error\b/.test(source),
    )
    expect(unmarked.map(({ file }) => file)).toEqual([path.join('lib', 'platform', 'errors.ts')])
    const classes = all.flatMap(classesIn)
    expect(classes.filter(({ name, mark }) => name !== mark)).toEqual([])
    expect(classes.map(({ name }) => name).sort()).toEqual(Object.keys(examples).sort())
  })

  it('are never asked for by instanceof or by name', async () => {
    const names = Object.keys(examples).join('|')
    const byHand = new RegExp(`instanceof (${names})\\b|name [!=]== '(${names})'`)
    const offenders = (await sources()).filter(({ source }) => byHand.test(source))
    expect(offenders.map(({ file }) => file)).toEqual([])
  })

  // As the framework does it: a module is loaded more than once a process.
  it('know their errors when another copy of the module has thrown them, and no others', async () => {
    const classes = (await sources()).flatMap(classesIn).filter(({ isExported }) => isExported)
    const load = async () => {
      vi.resetModules()
      const loading = classes.map(async ({ file, name }) => {
        const module: Record<string, ErrorClass> = await import(path.join(root, file))
        return module[name] as ErrorClass
      })
      return Promise.all(loading)
    }
    const [here, elsewhere] = [await load(), await load()]
    const thrown = elsewhere.map((Class, index) => new Class(...(examples[classes[index]?.name ?? ''] ?? [])))
    for (const [index, Class] of here.entries()) {
      const name = classes[index]?.name
      expect(thrown[index], `${name} of the other copy`).not.toBeInstanceOf(Class)
      expect(thrown[index]).toMatchObject({ name })
      const known = thrown.filter((error) => Class.isInstance(error))
      expect(known, `errors that ${name} knows`).toEqual([thrown[index]])
    }
  })
})

describe('markedError', () => {
  class NearError extends markedError('NearError') {}
  class NearerError extends NearError {}

  it('knows errors of a class below, but not those of another class, nor what is no error', () => {
    expect(NearError.isInstance(new NearerError('why'))).toBe(true)
    class FarError extends markedError('FarError') {}
    expect(NearError.isInstance(new FarError('why'))).toBe(false)
    for (const other of [new Error('why'), { name: 'NearError' }, 'NearError', null, undefined]) {
      expect(NearError.isInstance(other)).toBe(false)
    }
  })

  it('keeps message, cause and name, and shows no mark', () => {
    const cause = new Error('deeper')
    const error = new NearError('why', { cause })
    expect(error).toMatchObject({ message: 'why', cause, name: 'NearError' })
    expect(String(error)).toBe('NearError: why')
    expect(Object.keys(error)).toEqual(['name'])
    expect(
      Object.getOwnPropertySymbols(error).filter((mark) => Object.propertyIsEnumerable.call(error, mark)),
    ).toEqual([])
  })
})

describe('describeError', () => {
  it('adds the message of the cause only where it says more', () => {
    const cause = new Error('the disk is full')
    expect(describeError(new Error('It failed', { cause }))).toBe('It failed: the disk is full')
    expect(describeError(new Error('It failed, since the disk is full', { cause }))).toBe(
      'It failed, since the disk is full',
    )
    expect(describeError('no error at all')).toBe('no error at all')
  })
})
