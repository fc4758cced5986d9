import { readPlain } from './plain-reading.ts'

/** The forms of a secret that do not look like it, as `readPlain` gives them. */
export interface SecretForms {
  /** Itself, forwards and backwards. */
  plain: string[]
  hex: string[]
  /** For each of the three ways in which its bytes can fall into groups of three, without what depends on its neighbours. */
  base64: string[]
}

export function encodedForms(secret: string): SecretForms {
  const bytes = Buffer.from(secret)
  const plain = readPlain(secret).text
  return {
    plain: [plain, [...plain].reverse().join('')],
    hex: [bytes.toString('hex')],
    base64: [0, 1, 2].flatMap((before) => {
      const shifted = Buffer.concat([Buffer.alloc(before), bytes])
      const inner = (encoding: 'base64' | 'base64url') => {
        const text = shifted.toString(encoding).replace(/=+$/, '')
        return text
          .slice(before === 0 ? 0 : before + 1, shifted.length % 3 === 0 ? undefined : -1)
          .toLowerCase()
      }
      return [...new Set([inner('base64'), inner('base64url')])]
    }),
  }
}
