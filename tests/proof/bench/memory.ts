import { setTimeout as sleep } from 'node:timers/promises'
import type { Start } from './backlog.ts'
import { residentMiBOf } from './measure/process-tree.ts'
import { startLargeClips } from './worlds/large-clips.ts'

const LIMIT_MS = 600_000
const SAMPLE_MS = 50
/** Long enough that audio of 10 MB is in proportion to it. */
const text = 'A sentence that a voice speaks slowly. '.repeat(10)

/**
 * What the service's processes have in memory while it makes `clips` clips of `sizeBytes` at once: all of them are spoken at
 * the same time, and sent to IPFS at the same time.
 */
export async function memoryOfLargeClips(
  start: Start,
  { clips = 200, sizeBytes = 10_000_000, settleMs = 60_000, settling = () => {} } = {},
): Promise<{ idleMiB: number; peakMiB: number; afterMiB: number; aboveIdleMiB: number; keptMiB: number }> {
  await using stack = new AsyncDisposableStack()
  const vendors = stack.adopt(await startLargeClips({ sizeBytes }), (it) => it.close())
  const environment = {
    ...vendors.environment,
    RATE_LIMIT_PER_MINUTE: '1000000',
    SPEECH_CONCURRENCY: String(clips),
    SPEECH_TIMEOUT_MS: String(LIMIT_MS),
    IPFS_ATTEMPT_TIMEOUT_MS: String(LIMIT_MS),
    UPLOAD_DEADLINE_MS: String(LIMIT_MS),
    TEMP_AUDIO_MAX_BYTES: String(2 * clips * sizeBytes),
  }
  const service = stack.adopt(await start({ environment }), (it) => it.kill())
  // What is loaded for the first clip stays.
  await speak(1)
  await sleep(1000)
  const resident = () => residentMiBOf(service.processId)
  const idleMiB = resident()
  let peakMiB = idleMiB
  const sampling = setInterval(() => {
    peakMiB = Math.max(peakMiB, resident())
  }, SAMPLE_MS)
  await speak(clips).finally(() => clearInterval(sampling))
  settling()
  await sleep(settleMs)
  const afterMiB = resident()
  return { idleMiB, peakMiB, afterMiB, aboveIdleMiB: peakMiB - idleMiB, keptMiB: afterMiB - idleMiB }

  async function speak(count: number) {
    vendors.expect(count)
    const answers = await Promise.all(
      Array.from({ length: count }, () => service.vocalize({ text, voiceId: 'slt' })),
    )
    const stored = answers.filter(({ body }) => body.data?.bytes >= sizeBytes && !body.data.isTemporary)
    if (stored.length < count)
      throw new Error(`${stored.length} of ${count} clips were stored: ${JSON.stringify(answers[0]?.body)}`)
  }
}
