'use client'

import { MantineProvider } from '@mantine/core'
import { createContext, type ReactNode, useContext, useState } from 'react'
import { cssVariablesResolver, theme } from './theme.ts'

const NonceContext = createContext<string | undefined>(undefined)

/** What a `<style>` that a component makes must carry to be let through by the page's policy. */
export const useNonce = () => useContext(NonceContext)

export function Providers(props: { nonce: string | undefined; children: ReactNode }) {
  // The policy of the first answer stays in force for as long as the page lives; later answers bring other nonces.
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
