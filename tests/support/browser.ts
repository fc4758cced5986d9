import type { Browser } from 'playwright-core'
import { chromium } from 'playwright-core'
import { inject } from 'vitest'
import { findBrowser } from '../../scripts/browser.mjs'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the browser of this run is reached. `undefined`: there is none, or each file starts one for itself. */
    browserUrl: string | undefined
  }
}

/** This machine under a name that browsers do not trust without https, as they do not trust one in a local network. */
export const INSECURE_HOST = 'voicepin.test'

/** How the Chromium of this machine is started, sound allowed without a click. `undefined`: there is none. */
export function browserOptions() {
  const executablePath = findBrowser()
  return (
    executablePath && {
      executablePath,
      args: [
        '--no-sandbox',
        '--autoplay-policy=no-user-gesture-required',
        `--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`,
      ],
    }
  )
}

/**
 * The browser that all files of a run share, else one of this file alone. Closing it ends what was opened by it.
 * `hasOwnClipboard`: for files that copy and paste, since a browser has one clipboard for all of its pages.
 */
export async function launchBrowser({ hasOwnClipboard = false } = {}): Promise<Browser> {
  const url = inject('browserUrl')
  if (url && !hasOwnClipboard) return chromium.connect(url)
  const options = browserOptions()
  if (!options) throw new Error('No Chromium found: install it, or set PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH')
  return chromium.launch(options)
}
