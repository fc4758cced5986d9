import { bundlePrograms } from './bundle.mjs'
import { runMain } from './process.mjs'
import { programs, root } from './setup.mjs'

await runMain(() => bundlePrograms(root, programs))
