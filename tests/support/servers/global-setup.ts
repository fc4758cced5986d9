import type { TestProject } from 'vitest/node'
import { startPostgres } from './postgres.ts'
import { startRedis } from './redis.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** `undefined`: there is no such server on this machine, and why was said loudly. */
    postgresUrl: string | undefined
    redisUrl: string | undefined
  }
}

/** Starts the real servers that tests ask for; what needs one that cannot be had is skipped. */
export default async function setup(project: TestProject) {
  const [postgres, redis] = await Promise.all([
    orSkip('Postgres', startPostgres()),
    orSkip('Redis', startRedis()),
  ])
  project.provide('postgresUrl', postgres?.url)
  project.provide('redisUrl', redis?.url)
  return async () => {
    await Promise.all([postgres?.stop(), redis?.stop()])
  }
}

async function orSkip<T>(name: string, start: Promise<T>): Promise<T | undefined> {
  try {
    return await start
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    console.error(`\n⚠️  NO ${name.toUpperCase()}: every test that needs it is SKIPPED. ${reason}\n`)
    return undefined
  }
}
