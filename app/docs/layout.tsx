import type { ReactNode } from 'react'
import { documentSections } from '#lib/http/documents.ts'
import styles from './_parts/docs.module.css'
import { guideUrl } from './_parts/guide-url.ts'
import { Navigation } from './_parts/navigation.tsx'

export default async function DocsLayout({ children }: { children: ReactNode }) {
  const guides = (await documentSections()).map(({ title, pages }) => ({
    title,
    links: pages.map((page) => ({ href: guideUrl(page.name), label: page.title })),
  }))
  const reference = { title: 'Reference', links: [{ href: '/docs/reference', label: 'API reference' }] }
  return (
    <div className={styles.layout}>
      <Navigation sections={[...guides.slice(0, 1), reference, ...guides.slice(1)]} />
      <main id="content" className={styles.content}>
        {children}
      </main>
    </div>
  )
}
