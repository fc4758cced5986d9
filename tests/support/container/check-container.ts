import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { independentCid } from '../content-id.ts'
import { freePort } from '../servers/free-port.ts'
import { until } from '../until.ts'
import type { Podman } from './podman.ts'

/** What docs/deploy.md says is enough. */
const LEAST_MEMORY = '320m'
const AT_ONCE = 5
const TIMES = 4

/** Has a text spoken, and asks again where all voices are at work. Gives the answer. */
export async function vocalize(baseUrl: string, text: string) {
  const body = JSON.stringify({ text, voiceId: 'slt', reuse: false })
  for (;;) {
    const response = await fetch(`${baseUrl}/api/agents/vocalize`, { method: 'POST', body })
    const answer = await response.json()
    if (answer.code !== 'speech_overloaded') return { status: response.status, answer }
  }
}

/** Whether an address gives the bytes of its CID. */
export async function isAlive({ audioUrl, cid }: { audioUrl: string; cid: string }): Promise<boolean> {
  const response = await fetch(audioUrl)
  return response.ok && (await independentCid(new Uint8Array(await response.arrayBuffer()))) === cid
}

/** Runs the image alone, with as little as it may have, and on a volume that it may not write to. */
export async function checkContainer({ podman, inspect, isHealthy, memoryOf }: Podman): Promise<void> {
  assert.equal(await inspect('localhost/voicepin', '{{.User}}'), '1000:1000')
  assert.match(await inspect('localhost/voicepin', '{{json .HealthCheck}}'), /api\/health\/ready/)
  const [name, volume] = ['voicepin-test-alone', 'voicepin-test-alone']
  const port = await freePort()
  const baseUrl = `http://127.0.0.1:${port}`
  const sealed = ['--read-only', '--tmpfs=/tmp', '--cap-drop=all', '--security-opt=no-new-privileges']
  const start = (mount: string) =>
    podman(
      ...['run', '--detach', `--name=${name}`, `--memory=${LEAST_MEMORY}`, `--memory-swap=${LEAST_MEMORY}`],
      ...[...sealed, '--env=RATE_LIMIT_PER_MINUTE=1000', `--publish=127.0.0.1:${port}:3000`],
      ...[`--volume=${mount}:/data`, 'localhost/voicepin'],
    )
  const remove = () => podman('rm', '--force', '--time=30', name)
  const notWritable = mkdtempSync(path.join(tmpdir(), 'voicepin-root-'))
  try {
    await start(volume)
    await until('health', () => isHealthy(name), { timeoutMs: 60_000, everyMs: 500 })
    const text = 'A sentence that is spoken for the container, and a second one, so that it takes a while. '
    const clips = []
    for (let time = 0; time < TIMES; time += 1) {
      const asked = Array.from({ length: AT_ONCE }, (_, index) =>
        vocalize(baseUrl, `${text.repeat(3)} ${time} ${index}`),
      )
      for (const { status, answer } of await Promise.all(asked)) {
        assert.equal(status, 200, JSON.stringify(answer))
        clips.push(answer.data)
      }
    }
    assert.equal(await inspect(name, '{{.State.OOMKilled}}'), 'false')
    console.log(
      `${clips.length} clips, ${AT_ONCE} at once, in ${LEAST_MEMORY}: at most ${await memoryOf(name)} used`,
    )
    console.log(await podman('exec', name, 'node', 'bin/backup.ts', '--to', '/data/backup'))
    await podman('stop', '--time=40', name)
    assert.equal(await inspect(name, '{{.State.ExitCode}}'), '0')
    await podman('start', name)
    await until('health', () => isHealthy(name), { timeoutMs: 60_000, everyMs: 500 })
    for (const clip of clips) assert.ok(await isAlive(clip), clip.audioUrl)
    console.log('Stopped with 0 and started again: every address is alive')
    await remove()

    await start(notWritable)
    await until(
      'an answer',
      () =>
        fetch(`${baseUrl}/api/health`).then(
          () => true,
          () => false,
        ),
      { timeoutMs: 60_000 },
    )
    const { status, answer } = await vocalize(baseUrl, text)
    assert.deepEqual([status, answer.code], [503, 'storage_unavailable'])
    assert.doesNotMatch(answer.detail, /is being saved/)
    assert.equal(await isHealthy(name), false)
    console.log(`On a volume that it may not write to it is unhealthy, and speaks nothing: ${answer.detail}`)
  } finally {
    await remove()
    await podman('volume', 'rm', '--force', volume)
    rmSync(notWritable, { recursive: true, force: true })
  }
}
