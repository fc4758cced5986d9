'use client'

import { Alert, Button, Code, Paper, PasswordInput, Text } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { IconLock } from '../../_shared/icons.tsx'
import { asProblem, readProblem } from '../../_shared/problem.ts'
import styles from './sign-in.module.css'

/** Asks for the admin key and exchanges it for a session cookie. `isOpen`: an admin key is configured. */
export function SignIn({ isOpen }: { isOpen: boolean }) {
  const [key, setKey] = useState('')
  const [error, setError] = useState('')
  const [isSending, setIsSending] = useState(false)

  async function signIn(event: FormEvent) {
    event.preventDefault()
    setIsSending(true)
    setError('')
    try {
      const response = await fetch('/api/admin/session', { method: 'POST', body: JSON.stringify({ key }) })
      if (!response.ok) throw await readProblem(response)
      window.location.reload()
    } catch (error) {
      setError(asProblem(error).detail)
      setIsSending(false)
    }
  }

  return (
    <main id="content" className={styles.signIn}>
      <Paper component="form" withBorder radius="lg" className={styles.signInCard} onSubmit={signIn}>
        <IconLock size={26} stroke={1.6} color="var(--accent)" />
        <div>
          <h1>Dashboard</h1>
          <Text c="dimmed">For the operators of this service.</Text>
        </div>
        {isOpen ? (
          <>
            <PasswordInput
              label="Admin key"
              autoComplete="current-password"
              required
              withAsterisk={false}
              data-autofocus
              value={key}
              error={error}
              onChange={(event) => setKey(event.currentTarget.value)}
            />
            <Button type="submit" loading={isSending} disabled={key === ''}>
              Sign in
            </Button>
          </>
        ) : (
          <Alert classNames={{ root: styles.closed, message: styles.plain }}>
            Nobody can sign in, since no <Code>ADMIN_API_KEY</Code> is configured.
          </Alert>
        )}
      </Paper>
    </main>
  )
}
