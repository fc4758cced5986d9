import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { ServiceError } from '#lib/model/errors.ts'
import { BytesResponse } from './bytes/bytes-response.ts'

/** A page of the documentation, in Markdown. */
export interface Page {
  /** Its file name, such as `scripts.md`. */
  name: string
  title: string
  /** The first sentence of its first paragraph. */
  about: string
  text: string
}

/** The pages in the order in which they are shown; those that are named nowhere come last. */
const sections = [
  { title: 'Start', names: ['quickstart', 'authentication', 'errors', 'limits', 'permanence'] },
  { title: 'Speak', names: ['reuse', 'streaming', 'scripts', 'captions', 'built-in-voice'] },
  {
    title: 'Follow and keep',
    names: ['events', 'webhooks', 'own-clips', 'content-credentials', 'clip-pages', 'gateway'],
  },
  { title: 'Programs and agents', names: ['clients', 'agents'] },
  { title: 'Run it', names: ['deploy', 'scale', 'dashboard', 'backup', 'tracing'] },
] as const

/** For whoever works on this program; others need them least. */
const OPTIONAL = 'How it is built'

interface Documents {
  readme: string
  pages: Page[]
}

let read: Promise<Documents> | undefined

/** The documentation, which does not change while a process runs. */
function readDocuments(): Promise<Documents> {
  read ??= load().catch((error: unknown) => {
    read = undefined
    throw error
  })
  return read
}

async function load(): Promise<Documents> {
  const directory = path.join(/* turbopackIgnore: true */ process.cwd(), 'docs')
  const names = (await readdir(directory)).filter((name) => name.endsWith('.md')).sort()
  const pages = await Promise.all(names.map((name) => readPage(path.join(directory, name))))
  return { readme: withoutDeadLinks(await readFile(path.join(directory, '../README.md'), 'utf8')), pages }
}

async function readPage(file: string): Promise<Page> {
  const text = withoutDeadLinks(await readFile(file, 'utf8'))
  const [, title = path.basename(file)] = /^# (.+)$/m.exec(text) ?? []
  const [, paragraph = ''] = /^# .+\n+([^\n]+)/m.exec(text) ?? []
  const [about = paragraph] = /^.+?\.(?=\s|$)/.exec(paragraph) ?? []
  return { name: path.basename(file), title, about: withoutLinks(about).replace(/:$/, '.'), text }
}

/** A page of the documentation by its file name. @throws ServiceError `not_found` */
export async function documentNamed(name: string): Promise<Page> {
  const page = (await readDocuments()).pages.find((candidate) => candidate.name === name)
  if (page) return page
  throw new ServiceError('not_found', 'There is no such page; /llms.txt lists those that there are')
}

export interface Section {
  title: string
  pages: Page[]
}

/** All pages, in the order in which they are read. */
export async function documentSections(): Promise<Section[]> {
  const { pages } = await readDocuments()
  const named = (name: string) => pages.filter((page) => page.name === `${name}.md`)
  const placed = sections.map(({ title, names }) => ({ title, pages: names.flatMap(named) }))
  const known = new Set(placed.flatMap((section) => section.pages))
  return [...placed, { title: OPTIONAL, pages: pages.filter((page) => !known.has(page)) }]
}

/**
 * What there is to read, for programs that read: `/llms.txt`.
 *
 * @see https://llmstxt.org
 */
export async function llmsIndex(): Promise<string> {
  const { readme } = await readDocuments()
  const line = ({ name, title, about }: Page) => `- [${title}](/docs/${name}): ${about}`
  const lists = (await documentSections()).flatMap(({ title, pages }) => [
    // The name that the specification gives what can be left out.
    `## ${title === OPTIONAL ? 'Optional' : title}`,
    pages.map(line).join('\n'),
  ])
  const [, summary = ''] = /^# .+\n+([^\n]+)/m.exec(readme) ?? []
  return `${[
    '# Voicepin',
    `> ${summary}`,
    'One request, `POST /api/agents/vocalize` with `{"text": "…", "voiceId": "…"}`, gives `audioUrl`, `pageUrl` (a page for people) and the CID of the audio. Agents call the same by MCP at `/mcp`.',
    '## Interfaces',
    [
      '- [OpenAPI](/api/openapi.json): Every request and answer, with an operation id for each.',
      '- [API reference](/docs/reference): The same for people.',
      '- [Voices](/api/voices): The ids of the voices.',
      '- [Everything in one file](/llms-full.txt): All pages below, and how to set the service up.',
    ].join('\n'),
    ...lists,
  ].join('\n\n')}\n`
}

/** The whole documentation as one text: `/llms-full.txt`. */
export async function llmsFull(): Promise<string> {
  const { readme } = await readDocuments()
  const pages = (await documentSections()).flatMap((section) => section.pages)
  return [readme, ...pages.map(({ text }) => text)].map((text) => text.trim()).join('\n\n---\n\n')
}

/** Links to files that are not served become their text; those to other pages lead to where these are served. */
function withoutDeadLinks(text: string): string {
  return text.replace(/\[([^\]\n]+)\]\(((?!https?:|#)[^)\s]+)\)/g, (_link, label: string, target: string) => {
    const [, name] = /^(?:docs\/)?([a-z][\w-]*\.md(?:#.*)?)$/.exec(target) ?? []
    return name ? `[${label}](/docs/${name})` : label
  })
}

const withoutLinks = (text: string) => text.replace(/\[([^\]\n]+)\]\([^)]*\)/g, '$1')

/** An answer with a text of the documentation. */
export function textAnswer(text: string, type: 'plain' | 'markdown'): Response {
  return new BytesResponse(Buffer.from(text), {
    headers: {
      'Content-Type': `text/${type}; charset=utf-8`,
      'Access-Control-Allow-Origin': '*',
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'public, max-age=3600',
    },
  })
}
