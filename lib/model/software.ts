/** This program, as it names itself to others. The version is that of package.json, which a test compares. */
export const software = { name: 'Voicepin', version: '0.1.0' } as const
