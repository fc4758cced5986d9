import { newClipId } from '#lib/model/clip.ts'
import type { Script } from '#lib/model/script.ts'
import { createScript, type NewScriptRequest, type ScriptContext } from '#lib/scripts/create-script.ts'
import { runDueScripts } from '#lib/scripts/start-due-scripts.ts'
import { FakeSpeech } from '../../support/fake-speech.ts'
import { type TestServices, testServices } from '../../support/services.ts'

/** A voice that remembers what it was asked for. */
export class RecordingSpeech extends FakeSpeech {
  /** Whether it takes what stands around a piece. */
  readonly takesContext: boolean
  readonly asked: Parameters<FakeSpeech['speak']>[0][] = []
  /** What happens to the request of this text before it is spoken. */
  onSpeak: (text: string) => void | Promise<void> = () => {}

  constructor({ takesContext = false } = {}) {
    super()
    this.takesContext = takesContext
  }

  override get vendor() {
    const fields = this.takesContext ? ({ previousText: 'passed', nextText: 'passed' } as const) : {}
    return { ...super.vendor, fields }
  }

  override async speak(...[request, options]: Parameters<FakeSpeech['speak']>) {
    const beforeSpeaking = async () => {
      await options?.beforeSpeaking?.()
      this.asked.push(request)
      await this.onSpeak(request.text)
    }
    return super.speak(request, { beforeSpeaking })
  }

  get texts() {
    return this.asked.map(({ text }) => text)
  }
}

/** Sentences of 22 characters, of which as many make a text as are asked for; each is a piece where 25 may be. */
export const sentences = (count: number) =>
  Array.from({ length: count }, (_, index) => `This is sentence ${String(index + 1).padStart(3, '0')}.`)

export const textOf = (count: number) => sentences(count).join(' ')

/** Services whose pieces are sentences. */
export async function scriptWorld(
  options: Omit<Parameters<typeof testServices>[0] & object, 'speech' | 'clock'> = {},
  speech = new RecordingSpeech(),
) {
  const environment = { MAX_TEXT_LENGTH: '25', ...options.environment }
  const world = (await testServices({ ...options, speech, environment })) as TestServices
  return { ...world, speech }
}

export type ScriptWorld = Awaited<ReturnType<typeof scriptWorld>>

/** Records a script of this text, or these turns. */
export function send(
  { services }: Pick<ScriptWorld, 'services'>,
  content: string | NewScriptRequest,
  context: Partial<ScriptContext> = {},
): Promise<Script> {
  const request = typeof content === 'string' ? { turns: [{ text: content, voiceId: 'slt' }] } : content
  return createScript(services, request, {
    requestId: `request-${newClipId()}`,
    caller: 'address:127.0.0.1',
    reuseScope: undefined,
    ...context,
  })
}

/** Works on what is due until nothing is, as the timers do. */
export function work({ services, clock }: Pick<ScriptWorld, 'services' | 'clock'>): Promise<void> {
  return clock.until(runDueScripts(services, { stop: services.tasks.stopping }))
}

export async function stateOf({ services }: Pick<ScriptWorld, 'services'>, { id }: Script): Promise<Script> {
  return (await services.catalog.scripts.find(id)) as Script
}
