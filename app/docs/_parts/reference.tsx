'use client'

import { Loader, useComputedColorScheme } from '@mantine/core'
import Script from 'next/script'
import { useEffect, useRef, useState } from 'react'
import { mendSemantics } from './mend-semantics.ts'
import styles from './reference.module.css'
import { referenceOptions } from './reference-options.ts'

declare global {
  interface Window {
    Scalar?: { createApiReference(element: Element, options: object): { destroy(): void } }
  }
}

/** Scalar as its makers built it, as a file: bundled with ours it would lengthen every build. */
const scalarUrl = new URL(
  '../../../node_modules/@scalar/api-reference/dist/browser/standalone.js',
  import.meta.url,
).href

/** The interface as the service itself describes it, with examples that can be sent from here. */
export function Reference({ nonce }: { nonce: string | undefined }) {
  const container = useRef<HTMLDivElement>(null)
  const [isLoaded, setIsLoaded] = useState(false)
  const colorScheme = useComputedColorScheme('light', { getInitialValueInEffect: false })

  useEffect(() => {
    if (!isLoaded || !container.current || !window.Scalar) return
    const stopMending = mendSemantics(container.current)
    const reference = window.Scalar.createApiReference(container.current, referenceOptions(colorScheme))
    return () => {
      stopMending()
      reference.destroy()
    }
  }, [isLoaded, colorScheme])

  return (
    <div id="content" className={styles.page}>
      {!isLoaded && (
        <div className={styles.loading} role="status">
          <Loader size="sm" aria-hidden /> Loading the reference
        </div>
      )}
      <div ref={container} />
      <Script src={scalarUrl} nonce={nonce} onReady={() => setIsLoaded(true)} />
    </div>
  )
}
