/** Texts to start from. */
export const examples = [
  {
    name: 'A greeting',
    text: 'Hello! This is Voicepin. What you hear now has an address that never changes, and anybody can check that it is the same clip.',
  },
  {
    name: 'An announcement',
    text: 'Your attention, please. The train to Lisbon leaves at 9:42 from platform 7. It has 12 carriages and arrives at 14:05.',
  },
  {
    name: 'A story',
    text: 'The lighthouse keeper counted the ships every night. On the night of the storm she counted one more than there were.\n\n“Welcome home,” she said, and put the kettle on.',
  },
  {
    name: 'Numbers',
    text: 'On 3 May 2026 we shipped 1,250 parcels: 98.4 % arrived on time, at $4.99 each. Questions? Call 0800 555 019.',
  },
]
