import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { documentNamed, documentSections, type Page } from '#lib/http/documents.ts'
import { ServiceError } from '#lib/model/errors.ts'
import styles from '../../_parts/docs.module.css'
import { Guide } from '../../_parts/guide.tsx'
import { guideUrl } from '../../_parts/guide-url.ts'

interface Props {
  params: Promise<{ guide: string }>
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { title, about } = await pageOf(params)
  return { title, description: about }
}

export default async function GuidePage({ params }: Props) {
  const page = await pageOf(params)
  const all = (await documentSections()).flatMap(({ pages }) => pages)
  const place = all.findIndex(({ name }) => name === page.name)
  return (
    <>
      <Guide page={page} />
      <nav className={styles.neighbours} aria-label="Before and after">
        {neighbour('Previous', all[place - 1])}
        {neighbour('Next', all[place + 1])}
      </nav>
      <p className={styles.source}>
        <a href={`/docs/${page.name}`}>This page in Markdown</a>
      </p>
    </>
  )
}

function neighbour(label: string, page: Page | undefined) {
  return (
    page && (
      <a href={guideUrl(page.name)} data-label={label}>
        <span>{label}</span>
        {page.title}
      </a>
    )
  )
}

async function pageOf(params: Props['params']): Promise<Page> {
  const { guide } = await params
  return documentNamed(`${guide}.md`).catch((error: unknown) => {
    if (ServiceError.isInstance(error)) notFound()
    throw error
  })
}
