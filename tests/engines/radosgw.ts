import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { freePort } from '../support/servers/free-port.ts'
import { isListening } from '../support/servers/nginx.ts'
import type { S3Process } from '../support/servers/s3-process.ts'
import { until } from '../support/until.ts'
import { folderInside, runInside, startInside, trixieRoot } from './trixie.ts'

const KEY = { accessKeyId: 'voicepin-test', secretAccessKey: 'the-secret-of-the-test' }

/**
 * A real Ceph RGW in one process, with `dbstore` in place of a cluster. It checks signatures, and fails by being killed.
 *
 * @see https://docs.ceph.com/en/latest/radosgw/config-ref/
 */
export async function startRadosgw() {
  await trixieRoot()
  const port = await freePort()
  const { outside, inside } = await folderInside('radosgw')
  const settings = {
    'rgw backend store': 'dbstore',
    'rgw config store': 'dbstore',
    'dbstore db dir': inside,
    'rgw data': inside,
    'run dir': inside,
    'log file': `${inside}/log`,
    'admin socket': '',
    'rgw frontends': `beast endpoint=127.0.0.1:${port}`,
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  await writeFile(path.join(outside, 'ceph.conf'), ['[global]', ...lines, ''].join('\n'))
  const common = ['-c', `${inside}/ceph.conf`, '-n', 'client.rgw', '--no-mon-config']
  const user = ['--uid', 'voicepin', '--display-name', 'Voicepin']
  const key = ['--access-key', KEY.accessKeyId, '--secret', KEY.secretAccessKey]
  await runInside(['radosgw-admin', ...common, 'user', 'create', ...user, ...key])
  const launch = async () => {
    const started = startInside(['radosgw', ...common, '-f'])
    await until('radosgw to listen', () => isListening(port), { timeoutMs: 60_000 })
    return started
  }
  let running = await launch()
  const endpoint = `http://127.0.0.1:${port}`
  const client = new S3Client({ endpoint, region: 'us-east-1', credentials: KEY, forcePathStyle: true })
  await client.send(new CreateBucketCommand({ Bucket: 'voicepin' }))
  client.destroy()
  return {
    url: endpoint,
    bucket: 'voicepin',
    options: { bucket: 'voicepin', endpoint, region: 'us-east-1', ...KEY },
    environment: () => ({
      S3_BUCKET: 'voicepin',
      S3_ENDPOINT: endpoint,
      S3_ACCESS_KEY_ID: KEY.accessKeyId,
      S3_SECRET_ACCESS_KEY: KEY.secretAccessKey,
    }),
    fail: () => running.stop('SIGKILL'),
    async mend() {
      running = await launch()
    },
    async stop() {
      await running.stop()
      await rm(outside, { recursive: true, force: true })
    },
  } satisfies S3Process & Record<'options', unknown>
}
