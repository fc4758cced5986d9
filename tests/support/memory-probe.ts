import { writeFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

// Loaded into a service before its own code, see live-memory.ts.
setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

process.on('SIGUSR2', () => {
  collectGarbage()
  // What finalizers let go is free only in the next turn.
  setImmediate(() => {
    collectGarbage()
    writeFileSync(process.env.MEMORY_PROBE_FILE as string, JSON.stringify(process.memoryUsage()))
  })
})
