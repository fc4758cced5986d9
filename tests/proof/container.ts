import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buildImage, makeBaseImage } from '../support/container/base-image.ts'
import { checkCompose } from '../support/container/check-compose.ts'
import { checkContainer } from '../support/container/check-container.ts'
import { podmanIn } from '../support/container/podman.ts'

const project = path.resolve(import.meta.dirname, '../..')

/** `npm run test:container`: builds the image by podman, runs it alone, and starts compose.yaml. Exits with 0 if all holds. */
const folder = mkdtempSync(path.join(tmpdir(), 'voicepin-container-'))
try {
  const podman = podmanIn(folder)
  console.log(await podman.podman('--version'))
  await makeBaseImage(podman)
  await buildImage(podman, project)
  await checkContainer(podman)
  await checkCompose(podman, { folder, project })
  console.log('1 passed, 0 failed')
} finally {
  rmSync(folder, { recursive: true, force: true })
}
