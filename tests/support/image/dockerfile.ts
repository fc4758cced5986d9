import { readFileSync } from 'node:fs'

/** What a Dockerfile's final stage makes of the stage before it. */
export interface FinalStage {
  workdir: string
  copies: { from: string[]; to: string }[]
  /** Folders that its user owns. */
  ownFolders: string[]
  /** Build arguments, with their defaults. */
  arguments: Record<string, string>
  environment: Record<string, string>
  user: string
  stopSignal: string
  healthCheck: string[]
  command: string[]
}

/** Reads the final stage, as far as this project's Dockerfile goes. @throws Error at an instruction that is new here */
export function readFinalStage(file: string): FinalStage {
  const text = readFileSync(file, 'utf8').replaceAll(/\\\n/g, ' ')
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const stage: FinalStage = {
    workdir: '/',
    copies: [],
    ownFolders: [],
    arguments: {},
    environment: {},
    user: 'root',
    stopSignal: 'SIGTERM',
    healthCheck: [],
    command: [],
  }
  for (const line of lines.slice(lines.findLastIndex((each) => each.startsWith('FROM')) + 1)) {
    const [instruction = '', ...words] = line.trim().split(/\s+/)
    const read = instructions[instruction]
    if (!read) throw new Error(`The tests do not know what this does to the image: ${line}`)
    read(stage, words, line)
  }
  return stage
}

const instructions: Record<string, (stage: FinalStage, words: string[], line: string) => void> = {
  WORKDIR(stage, [folder = '/']) {
    stage.workdir = folder
  },
  COPY(stage, [flag, ...paths]) {
    if (flag !== '--from=build') throw new Error(`Copied from elsewhere: ${flag}`)
    stage.copies.push({ from: paths.slice(0, -1), to: paths.at(-1) as string })
  },
  RUN(stage, _words, line) {
    const [, folder] = /^RUN install --directory --owner=1000 --group=1000 (\S+)$/.exec(line) ?? []
    if (!folder) throw new Error(`Run in the final stage: ${line}`)
    stage.ownFolders.push(folder)
  },
  ENV(stage, words) {
    for (const word of words) {
      const [name = '', value = ''] = word.split(/=(.*)/)
      stage.environment[name] = value
    }
  },
  USER(stage, [user = '']) {
    stage.user = user.replace(/^\$\{(\w+)\}$/, (_, name) => stage.arguments[name] ?? '')
  },
  STOPSIGNAL(stage, [signal = '']) {
    stage.stopSignal = signal
  },
  HEALTHCHECK(stage, _, line) {
    stage.healthCheck = JSON.parse(line.slice(line.indexOf('[')))
  },
  CMD(stage, _, line) {
    stage.command = JSON.parse(line.slice(line.indexOf('[')))
  },
  ARG(stage, [word = '']) {
    const [name = '', value = ''] = word.split('=')
    stage.arguments[name] = value
  },
  EXPOSE() {},
}
