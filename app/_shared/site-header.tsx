'use client'

import {
  ActionIcon,
  Anchor,
  useComputedColorScheme,
  useMantineColorScheme,
  VisuallyHidden,
} from '@mantine/core'
import { usePathname } from 'next/navigation'
import { IconMoon, IconSun } from './icons.tsx'
import { Logo } from './logo.tsx'
import styles from './site-header.module.css'

const pages = [
  { href: '/', label: 'Playground' },
  { href: '/dashboard', label: 'Dashboard' },
  { href: '/docs', label: 'Docs' },
]

/** The header of every page but the embedded player, which stands in pages of others: name, navigation and colour scheme. Its links load whole pages, each with a policy of its own. */
export function SiteHeader() {
  const pathname = usePathname()
  if (pathname.startsWith('/embed/')) return null
  return (
    <>
      <a className="skip-link" href="#content">
        Skip to the content
      </a>
      <header className={styles.header}>
        <div className={styles.inner}>
          <a href="/" className={styles.brand}>
            <Logo />
            <span className={styles.name}>Voicepin</span>
          </a>
          <nav aria-label="Pages" className={styles.nav}>
            {pages.map(({ href, label }) => (
              <Anchor
                key={href}
                href={href}
                underline="never"
                className={styles.link}
                aria-current={isIn(pathname, href) ? 'page' : undefined}
              >
                {label}
              </Anchor>
            ))}
          </nav>
          <ColorSchemeToggle />
        </div>
      </header>
    </>
  )
}

const isIn = (pathname: string, href: string) => pathname === href || pathname.startsWith(`${href}/`)

function ColorSchemeToggle() {
  const { setColorScheme } = useMantineColorScheme()
  const current = useComputedColorScheme('light', { getInitialValueInEffect: true })
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size={36}
      className={styles.toggle}
      onClick={() => setColorScheme(current === 'dark' ? 'light' : 'dark')}
    >
      <IconSun size={18} stroke={1.6} className={styles.sun} />
      <IconMoon size={18} stroke={1.6} className={styles.moon} />
      <VisuallyHidden>Switch between light and dark</VisuallyHidden>
    </ActionIcon>
  )
}
