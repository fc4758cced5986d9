import { describe, expect, it } from 'vitest'
import { createVerifiedFiles } from '#lib/platform/verified-files.ts'

/** Counts how often files were verified. */
function counting(mostFiles?: number) {
  const files = createVerifiedFiles(mostFiles ? { mostFiles } : {})
  const verified: string[] = []
  const ask = (name: string, version = '1') =>
    files.once(name, version, async () => void verified.push(`${name}${version}`))
  return { files, verified, ask }
}

describe('the memory of verified files', () => {
  it('has each version of a file verified once, for all who ask at the same time', async () => {
    const { verified, ask } = counting()
    await Promise.all([ask('a'), ask('a'), ask('b')])
    await ask('a')
    await ask('a', '2')
    await ask('a', '1')
    expect(verified).toEqual(['a1', 'b1', 'a2', 'a1'])
  })

  it('remembers no failure', async () => {
    const { files, verified, ask } = counting()
    await expect(files.once('a', '1', () => Promise.reject(new Error('damaged')))).rejects.toThrow('damaged')
    await ask('a')
    expect(verified).toEqual(['a1'])
  })

  it('forgets those that were not asked for longest', async () => {
    const { verified, ask } = counting(2)
    for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) await ask(name)
    expect(verified).toEqual(['a1', 'b1', 'c1', 'b1'])
  })
})
