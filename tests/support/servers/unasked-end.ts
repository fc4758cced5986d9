import type { ChildProcess } from 'node:child_process'

/** Is told when a server ends that nobody has asked to: its exit code or signal. */
export type OnUnasked = (end: number | string) => void

/** Tells of the end of `child`, until what this returns has been called: from then on it is asked to end. */
export function tellOfUnaskedEnd(child: ChildProcess, onUnasked: OnUnasked = () => {}): () => void {
  const tell = (code: number | null, signal: string | null) => onUnasked(code ?? signal ?? 'no exit code')
  child.once('exit', tell)
  return () => void child.off('exit', tell)
}
