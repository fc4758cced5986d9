import { expect } from 'vitest'
import { freePort } from '../servers/free-port.ts'
import { until } from '../until.ts'
import type { Contained, Image } from './image.ts'

/** Starts the image's own command, or another, and waits until the health check that it declares succeeds. */
export async function startInImage(
  image: Image,
  environment: Record<string, string>,
  command = image.stage.command,
) {
  const settings = { PORT: String(await freePort()), ...environment }
  const baseUrl = `http://127.0.0.1:${settings.PORT}`
  const program = image.start(command, settings)
  const isAlive = () =>
    fetch(`${baseUrl}/api/health`).then(
      ({ ok }) => ok || endOf(program),
      () => endOf(program),
    )
  await until('life', isAlive, { timeoutMs: 60_000 })
  expect(await program.run(image.stage.healthCheck)).toBe(0)
  return { ...program, baseUrl }
}

async function endOf({ exited, output }: Contained): Promise<false> {
  const end = await Promise.race([exited, false as const])
  if (end !== false) throw new Error(`It ended with ${end}:\n${output.text}`)
  return false
}

/** Has a clip spoken, and gives the data of its answer. */
export async function vocalize(baseUrl: string) {
  const body = JSON.stringify({ text: 'Hello from an image', voiceId: 'slt', reuse: false })
  const response = await fetch(`${baseUrl}/api/agents/vocalize`, { method: 'POST', body })
  const answer = await response.json()
  expect(answer, JSON.stringify(answer)).toMatchObject({ success: true })
  return answer.data
}
