import { Anchor } from '@mantine/core'
import type { Metadata } from 'next'

export const metadata: Metadata = { title: 'Not found' }

/** What people see at an address where there is nothing. Programs get a problem document in its place. */
export default function NotFound() {
  return (
    <main id="content" className="not-found">
      <p className="status">404</p>
      <h1>There is nothing at this address</h1>
      <p>
        It may be cut off or misspelt. Clips have their pages under <code>/c/</code>, with the id of the clip
        or its CID.
      </p>
      <ul className="links">
        <li>
          <Anchor href="/">Speak a text in the playground</Anchor>
        </li>
        <li>
          <Anchor href="/docs">Read the documentation</Anchor>
        </li>
      </ul>
    </main>
  )
}
