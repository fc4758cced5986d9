import assert from 'node:assert/strict'
import path from 'node:path'
import { before, describe, it } from 'node:test'
import { readConfig } from '../../lib/config/index.ts'
import { type KubernetesObject, objectsIn, unknownFields, unpackHelm, validate } from './tools.ts'

const chart = path.resolve(import.meta.dirname, '../../deploy/helm/voicepin')
const shared = [
  '--set=scaleOut=true,web.replicas=2,worker.enabled=true',
  '--set=secrets.DATABASE_URL=postgres://voicepin:p4ss-word@db.test/voicepin',
  '--set=secrets.S3_BUCKET=voicepin',
]
const ingress = [
  '--set=ingress.enabled=true,ingress.host=voice.example,ingress.tlsSecret=tls,ingress.className=nginx',
]
const others = [
  '--set=persistence.storageClass=fast,image.pullSecrets[0].name=registry,existingSecret=keys',
  '--set=nodeSelector.disk=ssd,tolerations[0].operator=Exists,config.IPFS_GATEWAY_URL=self,config.IPFS_REPLICAS=2',
]
const installations: [title: string, values: string[], kinds: string[]][] = [
  ['the defaults', [], ['Service', 'Service', 'StatefulSet']],
  ['an ingress with TLS', [...ingress, ...others], ['Ingress', 'Service', 'Service', 'StatefulSet']],
  [
    'several instances and a worker',
    [...shared, ...ingress],
    [
      ...['Ingress', 'PodDisruptionBudget', 'Secret', 'Service', 'Service', 'Service'],
      ...['StatefulSet', 'StatefulSet'],
    ],
  ],
]

let helm: Awaited<ReturnType<typeof unpackHelm>>
before(async () => {
  helm = await unpackHelm()
  console.log(await helm('version', '--short'))
})

/** The variables of a StatefulSet's container. */
function environmentOf({ spec }: KubernetesObject): Record<string, string> {
  const { template } = spec as {
    template: { spec: { containers: { env: { name: string; value: string }[] }[] } }
  }
  return Object.fromEntries(
    template.spec.containers.flatMap(({ env }) => env.map(({ name, value }) => [name, value])),
  )
}

for (const [title, values, kinds] of installations) {
  describe(`the chart with ${title}`, () => {
    it('pleases helm lint', async () => {
      await helm('lint', '--strict', chart, ...values)
    })

    it('makes objects that Kubernetes takes, without a field that it does not know', async () => {
      const objects = objectsIn(await helm('template', 'demo', chart, ...values))
      assert.deepEqual(objects.map(({ kind }) => kind).sort(), kinds)
      await validate(objects)
      assert.equal(await unknownFields(objects), '')
    })

    it('configures each instance as the service takes it', async () => {
      const objects = objectsIn(await helm('template', 'demo', chart, ...values))
      for (const object of objects.filter(({ kind }) => kind === 'StatefulSet')) {
        const config = readConfig(environmentOf(object))
        const isWorker = object.metadata.name.endsWith('-worker')
        assert.equal(config.workerPort, isWorker ? 3000 : undefined)
        assert.equal(config.hasBackground, isWorker || !values.includes(shared[0] as string))
        if (values.includes(ingress[0] as string)) {
          assert.deepEqual([config.publicBaseUrl, config.access.trustedProxies], ['https://voice.example', 1])
        }
      }
    })
  })
}

it('the chart refuses several instances that share nothing, and values that it does not know', async () => {
  await assert.rejects(
    helm('template', 'demo', chart, '--set=web.replicas=2'),
    /need a DATABASE_URL and an S3_BUCKET/,
  )
  await assert.rejects(helm('template', 'demo', chart, '--set=replicas=2'), /replicas/)
  await assert.rejects(helm('template', 'demo', chart, '--set=ingress.enabled=true'), /host/)
})

it('the checks find an object that is wrong', async () => {
  const [object] = objectsIn(await helm('template', 'demo', chart)).filter(
    ({ kind }) => kind === 'StatefulSet',
  )
  const wrong = { ...(object as KubernetesObject), spec: { ...object?.spec, replicas: 'two' } }
  await assert.rejects(validate([wrong]), /replicas must be integer/)
  const misspelt = { ...(object as KubernetesObject), spec: { ...object?.spec, replica: 2 } }
  assert.match(await unknownFields([misspelt]), /replica.*does not exist/)
})
