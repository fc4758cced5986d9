'use client'

import { CopyButton } from '../../_shared/copy-button.tsx'
import styles from './docs.module.css'

/** Code with a button that copies it. */
export function CodeBlock({ text, language, name = 'code' }: CodeBlockProps) {
  return (
    <div className={styles.code} data-language={language}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <pre tabIndex={0} dir="ltr">
        <code>{text}</code>
      </pre>
      <div className={styles.copy}>
        <CopyButton value={text} label={`Copy the ${name}`} />
      </div>
    </div>
  )
}

interface CodeBlockProps {
  text: string
  language?: string | undefined
  /** What it is, for the name of the button. */
  name?: string
}
