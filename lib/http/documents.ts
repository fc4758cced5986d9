import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** A page of the documentation, in Markdown. */
interface Page {
  /** Its file name, such as `scripts.md`. */
  name: string
  title: string
  /** The first sentence of its first paragraph. */
  about: string
  text: string
}

/** For whoever works on this program; others need them least. */
const optional = ['design.md', 'claims.md']

// Read while the program is built, and part of what is built: a running service needs no `docs/`.
const root = () => /* turbopackIgnore: true */ process.cwd()

/** The pages of `docs/`, by name. */
export async function readPages(): Promise<Page[]> {
  const directory = path.join(root(), 'docs')
  const names = (await readdir(directory)).filter((name) => name.endsWith('.md')).sort()
  return Promise.all(names.map((name) => readPage(path.join(directory, name))))
}

async function readPage(file: string): Promise<Page> {
  const text = withoutDeadLinks(await readFile(file, 'utf8'))
  const [, title = path.basename(file)] = /^# (.+)$/m.exec(text) ?? []
  const [, paragraph = ''] = /^# .+\n+([^\n]+)/m.exec(text) ?? []
  const about = (/^.+?[.:](?=\s|$)/.exec(paragraph)?.[0] ?? paragraph).replace(/:$/, '.')
  return { name: path.basename(file), title, about: withoutLinks(about), text }
}

/**
 * What there is to read, for programs that read: `/llms.txt`.
 *
 * @see https://llmstxt.org
 */
export async function llmsIndex(): Promise<string> {
  const readme = await readReadme()
  const pages = await readPages()
  const line = ({ name, title, about }: Page) => `- [${title}](/docs/${name}): ${about}`
  const isOptional = ({ name }: Page) => optional.includes(name)
  const [, summary = ''] = /^# .+\n+([^\n]+)/m.exec(readme) ?? []
  return [
    '# Voicepin',
    `> ${summary}`,
    'One request, `POST /api/agents/vocalize` with `{"text": "…", "voiceId": "…"}`, gives `audioUrl` and the CID of the audio. Agents call the same by MCP at `/mcp`.',
    '## Interfaces',
    [
      '- [OpenAPI](/api/openapi.json): Every request and answer, with an operation id for each.',
      '- [API reference](/docs): The same for people.',
      '- [Voices](/api/voices): The ids of the voices.',
      '- [Everything in one file](/llms-full.txt): All pages below, and how to set the service up.',
    ].join('\n'),
    '## Documentation',
    pages
      .filter((page) => !isOptional(page))
      .map(line)
      .join('\n'),
    '## Optional',
    `${pages.filter(isOptional).map(line).join('\n')}\n`,
  ].join('\n\n')
}

/** The whole documentation as one text: `/llms-full.txt`. */
export async function llmsFull(): Promise<string> {
  const pages = await readPages()
  return [await readReadme(), ...pages.map(({ text }) => text)].map((text) => text.trim()).join('\n\n---\n\n')
}

const readReadme = async () => withoutDeadLinks(await readFile(path.join(root(), 'README.md'), 'utf8'))

/** Links to files that are not served become their text; those from the README to pages lead to where these are served. */
function withoutDeadLinks(text: string): string {
  return text.replace(/\[([^\]\n]+)\]\(((?!https?:|#)[^)\s]+)\)/g, (_link, label: string, target: string) => {
    const [, name] = /^(?:docs\/)?([\w-]+\.md(?:#.*)?)$/.exec(target) ?? []
    return name && !/^[A-Z]+\.md/.test(name) ? `[${label}](/docs/${name})` : label
  })
}

const withoutLinks = (text: string) => text.replace(/\[([^\]\n]+)\]\([^)]*\)/g, '$1')

/** An answer with a text that was made while the program was built. */
export function textAnswer(text: string, type: 'plain' | 'markdown'): Response {
  return new Response(text, {
    headers: {
      'Content-Type': `text/${type}; charset=utf-8`,
      'Access-Control-Allow-Origin': '*',
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'public, max-age=3600',
    },
  })
}
