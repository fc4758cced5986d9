import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ensurePrograms, type Program, requirePrograms } from '../../../scripts/programs.mjs'

let here: Set<string>
let said: string
const program = (title: string): Program => ({
  title,
  debian: title.toLowerCase(),
  hint: `apt-get install ${title.toLowerCase()}`,
  find: () => (here.has(title.toLowerCase()) ? `/usr/bin/${title}` : undefined),
})
const all = [program('Redis'), program('Nginx')]
const install = vi.fn(async (names: string[]) => {
  for (const name of names) here.add(name)
})

beforeEach(() => {
  here = new Set()
  said = ''
  install.mockClear()
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += text
    return true
  })
})
afterEach(() => void vi.restoreAllMocks())

describe('the programs that npm does not bring', () => {
  it('are installed in one go, those that are missing', async () => {
    expect(await ensurePrograms(all, { may: () => true, install })).toEqual([])
    expect(install.mock.calls).toEqual([[['redis', 'nginx']]])
    expect(said).toBe('')
  })

  it('are left alone when they are there', async () => {
    here.add('redis').add('nginx')
    await ensurePrograms(all, { may: () => true, install })
    expect(install).not.toHaveBeenCalled()
  })

  it('are named, with how to get them, where this user may not install', async () => {
    here.add('redis')
    expect(await ensurePrograms(all, { may: () => false, install })).toEqual([all[1]])
    expect(install).not.toHaveBeenCalled()
    expect(said).toBe('⚠️  There is no Nginx: apt-get install nginx\n')
  })

  it('are named as well when the installation did not bring them', async () => {
    expect(await ensurePrograms(all, { may: () => true, install: async () => {} })).toEqual(all)
    expect(said).toContain('There is no Redis')
    expect(said).toContain('There is no Nginx')
  })

  it('end the command that cannot do without them', async () => {
    const nowhere = [{ ...program('Postgres'), debian: 'no-such-package', find: () => undefined }]
    vi.spyOn(process, 'getuid').mockReturnValue(1000)
    await expect(requirePrograms(nowhere)).rejects.toThrow('Missing: Postgres')
  })
})
