import type { FileHandle } from 'node:fs/promises'

/** The calls of the file system that can be told to fail, and with which error each of them does. */
export const diskFaults = new Map<'open' | 'write' | 'sync' | 'syncDirectory' | 'rename' | 'read', string>()

const failure = (code: string, call: string) =>
  Object.assign(new Error(`${code}: injected, ${call} '/where/it/is'`), { code })

async function failing<T>(call: Parameters<typeof diskFaults.get>[0], act: () => Promise<T>): Promise<T> {
  const code = diskFaults.get(call)
  if (code) throw failure(code, call)
  return act()
}

/** `node:fs/promises` with the faults of `diskFaults` at clips; for `vi.mock`. */
export async function faultyPromises(original: () => Promise<typeof import('node:fs/promises')>) {
  const real = await original()
  const isClip = (place: unknown) => String(place).includes('/audio')
  return {
    ...real,
    async open(place: string, ...rest: [string?]) {
      if (!isClip(place)) return real.open(place, ...rest)
      const handle = await failing('open', () => real.open(place, ...rest))
      return faultyHandle(handle, rest[0] ? 'sync' : 'syncDirectory')
    },
    rename: (from: string, to: string) =>
      isClip(from) ? failing('rename', () => real.rename(from, to)) : real.rename(from, to),
    readFile: (place: string, ...rest: []) =>
      isClip(place) ? failing('read', () => real.readFile(place, ...rest)) : real.readFile(place, ...rest),
  }
}

/** `node:fs` whose blobs of clips cannot be read while `read` fails; for `vi.mock`. */
export async function faultyFs(original: () => Promise<typeof import('node:fs')>) {
  const real = await original()
  return {
    ...real,
    async openAsBlob(place: string) {
      const code = diskFaults.get('read')
      const blob = await real.openAsBlob(place)
      return code && place.includes('/audio') ? unreadable(blob, failure(code, 'read')) : blob
    },
  }
}

function faultyHandle(handle: FileHandle, sync: 'sync' | 'syncDirectory'): FileHandle {
  return new Proxy(handle, {
    get(target, property) {
      const value = Reflect.get(target, property)
      if (typeof value !== 'function') return value
      const act = (...args: unknown[]): Promise<unknown> => Reflect.apply(value, target, args)
      if (property === 'write') return (...args: unknown[]) => failing('write', () => act(...args))
      if (property === 'read') return (...args: unknown[]) => failing('read', () => act(...args))
      if (property === 'sync') return () => failing(sync, () => act())
      return act
    },
  })
}

function unreadable(blob: Blob, error: Error): Blob {
  const reject = () => Promise.reject(error)
  return Object.assign(blob, {
    stream: () => new ReadableStream({ pull: reject }),
    arrayBuffer: reject,
    slice: () => unreadable(new Blob(), error),
  })
}
