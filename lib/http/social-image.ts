/** The picture of link previews. */
export const socialImage = {
  url: '/social-preview.png',
  width: 1200,
  height: 630,
  alt: 'Voicepin: text in, a permanent voice out',
}
