import type { Metadata } from 'next'
import { documentNamed, documentSections } from '#lib/http/documents.ts'
import styles from './_parts/docs.module.css'
import { Guide } from './_parts/guide.tsx'
import { guideUrl } from './_parts/guide-url.ts'
import { InlineMarkdown } from './_parts/markdown.tsx'

export const metadata: Metadata = { title: 'Documentation' }

/** The quickstart, and what else there is to read. */
export default async function DocsPage() {
  const sections = await documentSections()
  return (
    <>
      <Guide page={await documentNamed('quickstart.md')} />
      <h2 className={styles.overviewTitle}>All guides</h2>
      <ul className={styles.overview}>
        {sections
          .flatMap(({ pages }) => pages)
          .map(({ name, title, about }) => (
            <li key={name}>
              <a href={guideUrl(name)}>{title}</a>
              <p>
                <InlineMarkdown text={about} />
              </p>
            </li>
          ))}
      </ul>
    </>
  )
}
