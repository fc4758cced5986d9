import assert from 'node:assert/strict'
import { freePort } from '../servers/free-port.ts'
import { until } from '../until.ts'
import { isAlive, vocalize } from './check-container.ts'
import { composeIn } from './compose.ts'
import type { Podman } from './podman.ts'

const ours = ['web-1', 'web-2', 'worker'] as const

/** Starts compose.yaml as it is, but for the images of the engines, and looks at it from outside. */
export async function checkCompose(
  podman: Podman,
  places: { folder: string; project: string },
): Promise<void> {
  const port = await freePort()
  const baseUrl = `http://localhost:${port}`
  const compose = composeIn(places.folder, places.project, podman, port)
  const healthOf = (service: string) => podman.isHealthy(compose.containerOf(service))
  const areHealthy = (services: readonly string[]) => async () =>
    (await Promise.all(services.map(healthOf))).every(Boolean)
  try {
    await compose.up()
    await until('health', areHealthy([...ours, 'nginx', 'postgres', 'redis']), {
      timeoutMs: 120_000,
      everyMs: 1000,
    })
    const published = await podman.podman('port', compose.containerOf('nginx'))
    assert.equal(published, `8080/tcp -> 127.0.0.1:${port}`)
    const clips = []
    for (let count = 0; count < 8; count += 1) {
      const { status, answer } = await vocalize(baseUrl, `A sentence for compose, number ${count}.`)
      assert.equal(status, 200, JSON.stringify(answer))
      assert.ok(answer.data.audioUrl.startsWith(`${baseUrl}/ipfs/`), answer.data.audioUrl)
      assert.equal(answer.data.provider, 'kubo')
      clips.push(answer.data)
    }
    for (const clip of clips) assert.ok(await isAlive(clip), clip.audioUrl)
    console.log(
      `${clips.length} clips through nginx, kept by the IPFS node without any key, such as ${clips[0].audioUrl}`,
    )
    for (const service of ours) {
      console.log(`${service}: at most ${await podman.memoryOf(compose.containerOf(service))} used`)
    }

    await podman.podman('stop', compose.containerOf('postgres'))
    const isUnhealthy = async () => !(await healthOf('web-1')) && !(await healthOf('worker'))
    await until('ill health without Postgres', isUnhealthy, { timeoutMs: 60_000, everyMs: 500 })
    await podman.podman('start', compose.containerOf('postgres'))
    await until('health again', areHealthy([...ours, 'nginx']), { timeoutMs: 60_000, everyMs: 500 })
    console.log('Without Postgres web-1 and worker are unhealthy; with it they are well again')

    await podman.podman('kill', compose.containerOf('web-1'))
    for (const clip of clips) assert.ok(await isAlive(clip), clip.audioUrl)
    console.log('With web-1 killed every address is alive')
  } catch (error) {
    for (const service of [...ours, 'nginx', 'postgres', 's3', 'kubo']) {
      console.error(`--- ${service}\n${await compose.logsOf(service).catch(String)}`)
    }
    throw error
  } finally {
    await compose.down()
  }
}
