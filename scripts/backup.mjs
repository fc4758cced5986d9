import { runMain } from './process.mjs'
import { runProgram } from './setup.mjs'

// Installs nothing: a service that runs in this folder would lose its packages under its feet.
await runMain(() => runProgram('bin/backup.ts', process.argv.slice(2)))
