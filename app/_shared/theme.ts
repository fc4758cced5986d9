import { type CSSVariablesResolver, createTheme } from '@mantine/core'

const sans = "'Inter Variable', system-ui, -apple-system, 'Segoe UI', sans-serif"
const mono = "'JetBrains Mono Variable', ui-monospace, 'SF Mono', Menlo, Consolas, monospace"

export const theme = createTheme({
  fontFamily: sans,
  fontFamilyMonospace: mono,
  headings: { fontFamily: sans, fontWeight: '620' },
  colors: {
    pine: [
      '#e9f6f2',
      '#d3ebe4',
      '#a6d7c9',
      '#76c1ad',
      '#4fb297',
      '#2c9d80',
      '#17876b',
      '#0b7259',
      '#05634d',
      '#024b3a',
    ],
    dark: [
      '#e3eae7',
      '#c4cfca',
      '#9cada6',
      '#70817a',
      '#33413c',
      '#25312d',
      '#1b2521',
      '#141c19',
      '#0d1311',
      '#080c0b',
    ],
  },
  primaryColor: 'pine',
  primaryShade: 7,
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
})

/** Greys with a little of the accent's green, dark enough to read (WCAG AA) on the page and on cards. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-text': '#16211d',
    '--mantine-color-dimmed': '#53635c',
    '--mantine-color-placeholder': '#66756f',
    '--mantine-color-default-border': '#dbe2df',
    '--mantine-color-error': '#b42318',
  },
  dark: {
    '--mantine-color-text': '#e3eae7',
    '--mantine-color-dimmed': '#9cada6',
    '--mantine-color-placeholder': '#84958e',
    '--mantine-color-default-border': '#2a3732',
    '--mantine-color-error': '#ff9a8f',
    '--mantine-color-anchor': '#5cc4a6',
  },
})
