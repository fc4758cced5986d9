'use client'

import { usePathname } from 'next/navigation'
import styles from './docs.module.css'

export interface NavigationSection {
  title: string
  links: { href: string; label: string }[]
}

/** The pages of the documentation: a column beside the text, or a list to open on narrow screens. */
export function Navigation({ sections }: { sections: NavigationSection[] }) {
  const pathname = usePathname()
  const lists = sections.map(({ title, links }) => (
    <section key={title}>
      <h2>{title}</h2>
      <ul>
        {links.map(({ href, label }) => (
          <li key={href}>
            <a href={href} aria-current={pathname === href ? 'page' : undefined}>
              {label}
            </a>
          </li>
        ))}
      </ul>
    </section>
  ))
  return (
    <>
      <nav className={styles.sidebar} aria-label="Documentation">
        {lists}
      </nav>
      <details className={styles.menu}>
        <summary>All pages of the documentation</summary>
        <nav aria-label="All pages of the documentation">{lists}</nav>
      </details>
    </>
  )
}
