import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const project = path.resolve(import.meta.dirname, '../../..')
const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: project }).sort()
const read = (page: string) => readFileSync(path.join(project, page), 'utf8')

/** What `pattern` finds in all pages, without what is `right`. */
function wrongIn(pattern: RegExp, isRight: (found: string, page: string) => boolean): string[] {
  return pages.flatMap((page) =>
    Array.from(read(page).matchAll(pattern), ([, found = '']) => found)
      .filter((found) => !isRight(found, page))
      .map((found) => `${page}: ${found}`),
  )
}

describe('the documentation', () => {
  it('links only to files that exist', () => {
    const relativeLink = /\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g
    const exists = (file: string, page: string) => existsSync(path.join(project, path.dirname(page), file))
    expect(wrongIn(relativeLink, exists)).toEqual([])
  })

  it('names only files and folders that exist, save in the changelog and in what readers are to make', () => {
    const namedPath = /`((?:app|bin|deploy|docs|lib|public|scripts|tests)\/[\w./[\]-]+)`/g
    const isExempt = (file: string, page: string) => page === 'CHANGELOG.md' || /\bacme\b/.test(file)
    const exists = (file: string) => existsSync(path.join(project, file))
    expect(wrongIn(namedPath, (file, page) => isExempt(file, page) || exists(file))).toEqual([])
  })

  it('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    expect(wrongIn(/\bnpm run ([a-z][\w:-]*)/g, (name) => name in scripts)).toEqual([])
  })

  it('lists every decision in its index, by number and title', () => {
    const index = read('docs/decisions/README.md')
    const rows = globSync('docs/decisions/[0-9]*.md', { cwd: project }).map((file) => {
      const [, number, title] = /^# (\d+)\. (.+)/.exec(read(file)) ?? []
      return `| [${number}](${path.basename(file)}) | ${title} |`
    })
    expect(rows.filter((row) => !index.includes(row))).toEqual([])
  })
})
