import { chromium } from 'playwright-core'
import type { TestProject } from 'vitest/node'
import { browserOptions } from './browser.ts'

/** Starts the browser that all test files use: each has pages of its own in it, and its start is most of what it costs. */
export default async function setup(project: TestProject) {
  const options = browserOptions()
  if (!options) return undefined
  const server = await chromium.launchServer(options)
  project.provide('browserUrl', server.wsEndpoint())
  return () => server.close()
}
