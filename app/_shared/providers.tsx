'use client'

import { MantineProvider } from '@mantine/core'
import { createContext, type ReactNode, useContext } from 'react'
import { cssVariablesResolver, theme } from './theme.ts'

const NonceContext = createContext<string | undefined>(undefined)

/** What a `<style>` that a component makes must carry to be let through by the page's policy. */
export const useNonce = () => useContext(NonceContext)

export function Providers({ nonce, children }: { nonce: string | undefined; children: ReactNode }) {
  return (
    <NonceContext value={nonce}>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={cssVariablesResolver}
        defaultColorScheme="auto"
        getStyleNonce={() => nonce ?? ''}
      >
        {children}
      </MantineProvider>
    </NonceContext>
  )
}
