import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const project = path.resolve(import.meta.dirname, '../../..')

interface Override {
  includes: string[]
  linter?: { rules: { style?: { noRestrictedImports?: { options: { patterns: { group: string[] }[] } } } } }
}

const { overrides } = JSON.parse(readFileSync(path.join(project, 'biome.json'), 'utf8')) as {
  overrides: Override[]
}

/** What each room of `lib/` may not import, by the room. */
const forbidden = new Map(
  overrides.flatMap(({ includes: [place = ''], linter }) => {
    const groups = linter?.rules.style?.noRestrictedImports?.options.patterns.flatMap(({ group }) => group)
    return place.startsWith('lib/') && groups ? [[place.replace('/**', ''), groups] as const] : []
  }),
)

/** The folders of `lib/`; those of `lib/ipfs` are rooms of their own. */
function roomsIn(folder: string): string[] {
  const folders = readdirSync(path.join(project, folder), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  )
  return folders.flatMap(({ name }) => (name === 'ipfs' ? roomsIn(`${folder}/ipfs`) : [`${folder}/${name}`]))
}

/** The last pattern that fits decides, as in a .gitignore. */
function mayImport(room: string, other: string): boolean {
  const fits = (pattern: string) => path.posix.matchesGlob(`#${other}/file.ts`, pattern)
  const last = forbidden.get(room)?.findLast((pattern) => fits(pattern.replace('!', '')))
  return last === undefined || last.startsWith('!')
}

describe('the rooms of lib/', () => {
  const rooms = roomsIn('lib')

  it('hold every file but context.ts and composition.ts', () => {
    const loose = readdirSync(path.join(project, 'lib'), { withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    )
    expect(loose.map(({ name }) => name).sort()).toEqual(['composition.ts', 'context.ts'])
  })

  it('have each a place in the order that lint keeps, save server, which stands above all', () => {
    expect(rooms.filter((room) => !forbidden.has(room))).toEqual(['lib/server'])
  })

  it('never import each other both ways', () => {
    const pairs = rooms.flatMap((room, index) =>
      rooms.slice(index + 1).map((other) => [room, other] as const),
    )
    expect(pairs.filter(([room, other]) => mayImport(room, other) && mayImport(other, room))).toEqual([])
    expect(mayImport('lib/clips', 'lib/platform')).toBe(true)
    expect(mayImport('lib/platform', 'lib/clips')).toBe(false)
  })
})
