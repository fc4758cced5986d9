import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { draftPath, nullIfMissing, nullOn, openFileAsBlob, syncDirectory } from '#lib/platform/files.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

describe('nullIfMissing and nullOn', () => {
  it('turn the errors that they name into null', async () => {
    const directory = await temporaryDirectory()
    expect(await readFile(path.join(directory, 'none')).catch(nullIfMissing)).toBeNull()
    expect(await symlink('somewhere', directory).catch(nullOn('ENOENT', 'EEXIST'))).toBeNull()
  })

  it('throw every other error again', async () => {
    const directory = await temporaryDirectory()
    await expect(readFile(directory).catch(nullIfMissing)).rejects.toThrow('EISDIR')
    await expect(readFile(path.join(directory, 'none')).catch(nullOn('EEXIST'))).rejects.toThrow('ENOENT')
    await expect(Promise.reject(new Error('no code')).catch(nullIfMissing)).rejects.toThrow('no code')
    // What is thrown need not be an error.
    await expect(Promise.resolve(undefined).then(nullIfMissing)).rejects.toBeUndefined()
  })
})

describe('draftPath', () => {
  it('gives another path beside the place at each call', () => {
    const drafts = [draftPath('/clips/a', '.partial'), draftPath('/clips/a', '.partial')]
    expect(new Set(drafts).size).toBe(2)
    for (const draft of drafts) expect(draft).toMatch(/^\/clips\/a\.[0-9a-f]{12}\.partial$/)
  })
})

describe('syncDirectory', () => {
  it('throws where there is no such directory', async () => {
    const directory = await temporaryDirectory()
    await mkdir(path.join(directory, 'some'))
    await syncDirectory(path.join(directory, 'some'))
    await expect(syncDirectory(path.join(directory, 'none'))).rejects.toThrow('ENOENT')
  })
})

describe('openFileAsBlob', () => {
  it('gives the bytes of the file, and ENOENT where there is none', async () => {
    const directory = await temporaryDirectory()
    const place = path.join(directory, 'some')
    await writeFile(place, 'some bytes')
    expect(await (await openFileAsBlob(place)).text()).toBe('some bytes')
    await expect(openFileAsBlob(path.join(directory, 'none'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
