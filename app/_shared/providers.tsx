'use client'

import { MantineProvider } from '@mantine/core'
import { createContext, type ReactNode, useContext, useState } from 'react'
import { cssVariablesResolver, theme } from './theme.ts'

const NonceContext = createContext<string | undefined>(undefined)

/** The nonce that the page's Content-Security-Policy asks of every `<style>` that a component makes. */
export const useNonce = () => useContext(NonceContext)

export function Providers(props: { nonce: string | undefined; children: ReactNode }) {
  // The policy of the first answer applies for as long as the page is open; later answers bring other nonces.
  const [nonce] = useState(props.nonce)
  return (
    <NonceContext value={nonce}>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={cssVariablesResolver}
        defaultColorScheme="auto"
        getStyleNonce={() => nonce ?? ''}
      >
        {props.children}
      </MantineProvider>
    </NonceContext>
  )
}
