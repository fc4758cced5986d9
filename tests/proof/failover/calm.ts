import { medianOf } from '../claim/cycles.ts'

const WARM_UP_CALLS = 10
const CALLS = 20

/** The median of what 20 calls take, one after the other. @throws Error when one of them fails */
export async function medianCallMs(baseUrl: string): Promise<number> {
  for (let call = 0; call < WARM_UP_CALLS; call += 1) await callMs(baseUrl, `Warming up ${call}`)
  const takenMs: number[] = []
  for (let call = 0; call < CALLS; call += 1) takenMs.push(await callMs(baseUrl, `Calm call ${call}`))
  return medianOf(takenMs)
}

async function callMs(baseUrl: string, text: string): Promise<number> {
  const begunAt = performance.now()
  const response = await fetch(`${baseUrl}/api/agents/vocalize`, {
    method: 'POST',
    body: JSON.stringify({ text, voiceId: 'George' }),
  })
  const said = await response.text()
  if (!response.ok) throw new Error(`A call failed before any fault: ${response.status} ${said}`)
  return performance.now() - begunAt
}
