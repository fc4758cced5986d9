'use client'

import { Loader, useComputedColorScheme } from '@mantine/core'
import Script from 'next/script'
import { useEffect, useRef, useState } from 'react'
import { fixAccessibility } from './fix-accessibility.ts'
import styles from './reference.module.css'
import { referenceOptions } from './reference-options.ts'

declare global {
  interface Window {
    Scalar?: { createApiReference(element: Element, options: object): { destroy(): void } }
  }
}

/**
 * The prebuilt file of Scalar: bundling its sources would make every build slower, and their dependencies are not even
 * installed (`overrides` in package.json).
 */
const scalarUrl = new URL(
  '../../../node_modules/@scalar/api-reference/dist/browser/standalone.js',
  import.meta.url,
).href

/** The API reference, made by Scalar from the OpenAPI description, with requests that can be sent from the page. */
export function Reference({ nonce }: { nonce: string | undefined }) {
  const container = useRef<HTMLDivElement>(null)
  const [isLoaded, setIsLoaded] = useState(false)
  const colorScheme = useComputedColorScheme('light', { getInitialValueInEffect: false })

  useEffect(() => {
    if (!isLoaded || !container.current || !window.Scalar) return
    const stopFixing = fixAccessibility(container.current)
    const reference = window.Scalar.createApiReference(container.current, referenceOptions(colorScheme))
    return () => {
      stopFixing()
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
