import { markedError } from '#lib/platform/errors.ts'

/** Malformed variables; the message is one line that says of each its name, what it got and what it takes. */
export class ConfigError extends markedError('ConfigError') {}

/** One line for the operator. Callers may see it too: there is no secret in it. */
export const describeConfigError = ({ message }: ConfigError) => `Voicepin is configured wrongly: ${message}`
