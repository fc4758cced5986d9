import { marked, type Token, type Tokens } from 'marked'
import { Fragment, type ReactNode } from 'react'
import { CodeBlock } from './code-block.tsx'
import styles from './docs.module.css'

/** Markdown of the documentation as elements; HTML in it is shown as it is written. */
export function Markdown({ text }: { text: string }) {
  return <div className={styles.prose}>{blocks(marked.lexer(text))}</div>
}

/** The same for a text without paragraphs, such as a description in the reference. */
export function InlineMarkdown({ text }: { text: string }) {
  return inline(marked.Lexer.lexInline(text))
}

/** The id of a heading, as links name it: the one that GitHub makes. */
export function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-')
}

const blocks = (tokens: Token[]): ReactNode[] => tokens.map((token, index) => block(token, index))

function block(token: Token, key: number): ReactNode {
  switch (token.type) {
    case 'heading':
      return heading(token as Tokens.Heading, key)
    case 'paragraph':
      return <p key={key}>{inline(token.tokens)}</p>
    case 'code':
      return <CodeBlock key={key} text={(token as Tokens.Code).text} language={(token as Tokens.Code).lang} />
    case 'list':
      return list(token as Tokens.List, key)
    case 'table':
      return table(token as Tokens.Table, key)
    case 'blockquote':
      return <blockquote key={key}>{blocks(token.tokens ?? [])}</blockquote>
    case 'hr':
      return <hr key={key} />
    case 'space':
      return null
    case 'text':
      return <span key={key}>{inline(token.tokens ?? [token])}</span>
    default:
      return <p key={key}>{token.raw}</p>
  }
}

function heading({ depth, text, tokens }: Tokens.Heading, key: number) {
  const Heading = `h${Math.min(depth, 4)}` as 'h1' | 'h2' | 'h3' | 'h4'
  const id = slugOf(text)
  if (depth === 1) return <h1 key={key}>{inline(tokens)}</h1>
  return (
    <Heading key={key} id={id}>
      <a href={`#${id}`} className={styles.anchor}>
        {inline(tokens)}
      </a>
    </Heading>
  )
}

function list({ ordered, start, items }: Tokens.List, key: number) {
  const children = items.map((item, index) => listItem(item, index))
  if (!ordered) return <ul key={key}>{children}</ul>
  return (
    <ol key={key} start={start === '' ? 1 : start}>
      {children}
    </ol>
  )
}

function listItem({ loose, tokens }: Tokens.ListItem, key: number) {
  return <li key={key}>{blocks(loose ? tokens : tokens.filter(({ type }) => type !== 'space'))}</li>
}

function table({ header, rows }: Tokens.Table, key: number) {
  const hasHead = header.some(({ text }) => text !== '')
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <div key={key} className={styles.scroller} tabIndex={0}>
      <table>
        {hasHead && (
          <thead>
            <tr>{header.map((cell, index) => tableHead(cell, index))}</tr>
          </thead>
        )}
        <tbody>
          {rows.map((row) => (
            <tr key={row.map(({ text }) => text).join('|')}>
              {row.map((cell, index) => tableCell(cell, index))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const tableHead = ({ text, tokens }: Tokens.TableCell, key: number) =>
  text === '' ? (
    <td key={key} />
  ) : (
    <th key={key} scope="col">
      {inline(tokens)}
    </th>
  )

const tableCell = ({ tokens }: Tokens.TableCell, key: number) => (
  <td key={key}>{tokens.map((token, index) => narrowSpan(token, index))}</td>
)

/** A long name may go on in another line behind its `_`. */
function narrowSpan(token: Token, key: number): ReactNode {
  if (token.type !== 'codespan') return span(token, key)
  const parts = (token as Tokens.Codespan).text.split(/(?<=_)/)
  return (
    <code key={key}>
      {parts.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts never change their places.
        <Fragment key={index}>
          {index > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
    </code>
  )
}

const inline = (tokens: Token[] = []): ReactNode[] => tokens.map((token, index) => span(token, index))

function span(token: Token, key: number): ReactNode {
  switch (token.type) {
    case 'strong':
      return <strong key={key}>{inline(token.tokens)}</strong>
    case 'em':
      return <em key={key}>{inline(token.tokens)}</em>
    case 'del':
      return <del key={key}>{inline(token.tokens)}</del>
    case 'codespan':
      return <code key={key}>{(token as Tokens.Codespan).text}</code>
    case 'br':
      return <br key={key} />
    case 'link': {
      const { href, tokens } = token as Tokens.Link
      return (
        <a key={key} href={pageUrl(href)}>
          {inline(tokens)}
        </a>
      )
    }
    case 'escape':
    case 'text': {
      const { text, tokens } = token as Tokens.Text
      return tokens ? <span key={key}>{inline(tokens)}</span> : decoded(text)
    }
    default:
      return token.raw
  }
}

/** People read a page as it is rendered, programs as it is written. */
const pageUrl = (href: string) => href.replace(/^\/docs\/([\w-]+)\.md/, '/docs/guides/$1')

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

/** The lexer writes plain text as HTML has it. */
const decoded = (text: string) =>
  text.replace(/&(amp|lt|gt|quot|#39);/g, (_all, name) => entities[name] ?? '')
