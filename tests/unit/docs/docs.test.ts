import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const project = path.resolve(import.meta.dirname, '../../..')
const filesAt = (patterns: string[]) => globSync(patterns, { cwd: project }).sort()
const read = (file: string) => readFileSync(path.join(project, file), 'utf8')
const pages = filesAt(['*.md', 'docs/**/*.md'])
/** A changelog also names what is gone. */
const currentPages = pages.filter((page) => page !== 'CHANGELOG.md')

/** What `pattern` finds in `among`, without what is right. */
function wrongIn(
  among: string[],
  pattern: RegExp,
  isRight: (found: string, page: string) => boolean,
): string[] {
  return among.flatMap((page) =>
    Array.from(read(page).matchAll(pattern), ([, found = '']) => found)
      .filter((found) => !isRight(found, page))
      .map((found) => `${page}: ${found}`),
  )
}

describe('the documentation', () => {
  it('links only to files that exist', () => {
    const relativeLink = /\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g
    const exists = (file: string, page: string) => existsSync(path.join(project, path.dirname(page), file))
    expect(wrongIn(pages, relativeLink, exists)).toEqual([])
  })

  it('names only files and folders that exist, or that its readers are to make', () => {
    const namedPath = /`((?:app|bin|deploy|docs|lib|public|scripts|tests)\/[\w./[\]-]+)`/g
    const isRight = (file: string) => /\bacme\b/.test(file) || existsSync(path.join(project, file))
    expect(wrongIn(currentPages, namedPath, isRight)).toEqual([])
  })

  it('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    expect(wrongIn(currentPages, /\bnpm run ([a-z][\w:-]*)/g, (name) => name in scripts)).toEqual([])
  })

  it('quotes only messages that the code has', () => {
    const quotedMessage = /`((?:[A-Z][a-z]* [a-z]|\p{Extended_Pictographic} )[^`\n]{6,})`/gu
    const code = filesAt(['{app,bin,lib}/**/*.{ts,tsx}']).map(read).join('\n')
    expect(wrongIn(currentPages, quotedMessage, (message) => code.includes(message))).toEqual([])
  })

  it('lists every decision in its index, by number and title', () => {
    const index = read('docs/decisions/README.md')
    const rows = filesAt(['docs/decisions/[0-9]*.md']).map((file) => {
      const [, number, title] = /^# (\d+)\. (.+)/.exec(read(file)) ?? []
      return `| [${number}](${path.basename(file)}) | ${title} |`
    })
    expect(rows.filter((row) => !index.includes(row))).toEqual([])
  })
})
