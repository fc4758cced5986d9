/**
 * Test files of one project share processes, since to load the same modules anew costs more than most tests do. Each of
 * them finds nothing registered, as a process does that has just started.
 */
Reflect.deleteProperty(globalThis, Symbol.for('voicepin.singletons'))
