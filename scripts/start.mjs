import { parseArgs } from 'node:util'
import { runMain, say } from './process.mjs'
import { ensureBuild, ensureDependencies, runProgram } from './setup.mjs'

const help = `Voicepin turns text into speech and gives back a permanent IPFS address for it.

  npm start              installs what is missing, builds, and runs the service
  npm start -- --check   reads the configuration, asks every vendor whether its key works, and ends;
                         nothing is spoken or stored
  npm start -- --help    this

Set variables in the environment or in a file .env; .env.example has all of them with their defaults.
These are set first:

  PORT                   where it listens (3000)
  PUBLIC_BASE_URL        where others reach it, such as https://voice.example
  ELEVENLABS_API_KEY     who speaks; without it a built-in English voice does
  PINATA_JWT             who keeps the clips; without any provider this machine does
  VOCALIZE_API_KEYS      who may have texts spoken; without it everybody
  ADMIN_API_KEY          opens the dashboard at /dashboard

README.md has the rest; a running service shows the documentation at /docs.
`

await runMain(async () => {
  const { values } = readOptions()
  if (values.help) return void say(help)
  await ensureDependencies()
  if (values.check) return runProgram('bin/check.ts')
  await ensureBuild()
  return runProgram('dist/bin/server.js')
})

/** A wrong option says which ones there are. */
function readOptions() {
  try {
    return parseArgs({ options: { help: { type: 'boolean', short: 'h' }, check: { type: 'boolean' } } })
  } catch (error) {
    say(`${error instanceof Error ? error.message : error}\n\n${help}`)
    process.exit(2)
  }
}
