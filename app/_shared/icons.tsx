interface IconProps {
  /** Pixels. */
  size?: number
  /** The width of its lines, in a view box of 24 × 24. */
  stroke?: number
  color?: string
  className?: string | undefined
}

/** An icon made of lines. It is hidden from screen readers, so the text beside it must say the same. */
const lines = (path: string) =>
  function Icon({ size = 24, stroke = 2, color = 'currentColor', className }: IconProps) {
    return (
      <svg
        className={className}
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke={color}
        strokeWidth={stroke}
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
      >
        <path d={path} />
      </svg>
    )
  }

/** An icon made of a filled shape, which is hidden from screen readers as well. */
const shape = (path: string) =>
  function Icon({ size = 24 }: Pick<IconProps, 'size'>) {
    return (
      <svg width={size} height={size} viewBox="0 0 24 24" fill="currentColor" aria-hidden="true">
        <path d={path} />
      </svg>
    )
  }

const disc = (radius: number) =>
  `M12 ${12 - radius}a${radius} ${radius} 0 1 0 0 ${2 * radius}a${radius} ${radius} 0 1 0 0 ${-2 * radius}z`

export const IconAlert = lines('M12 4 21 19.5H3zM12 10v4.2M12 16.8v.1')
export const IconCheck = lines('M5 12.5 9.5 17 19 7.5')
export const IconClock = lines(`${disc(8.5)}M12 7.5V12l3 2.5`)
export const IconCode = lines('M8.5 7 3.5 12l5 5M15.5 7l5 5-5 5')
export const IconCopy = lines(
  'M10 8.5h8.5A1.5 1.5 0 0 1 20 10v8.5a1.5 1.5 0 0 1-1.5 1.5H10a1.5 1.5 0 0 1-1.5-1.5V10A1.5 1.5 0 0 1 10 8.5zM5.5 15.5A1.5 1.5 0 0 1 4 14V5.5A1.5 1.5 0 0 1 5.5 4H14a1.5 1.5 0 0 1 1.5 1.5',
)
export const IconDownload = lines('M12 4v11M7.5 10.5 12 15l4.5-4.5M4.5 19.5h15')
export const IconLock = lines(
  'M6.5 11h11a1.5 1.5 0 0 1 1.5 1.5v6a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 5 18.5v-6A1.5 1.5 0 0 1 6.5 11zM8 11V8a4 4 0 0 1 8 0v3',
)
export const IconMicrophone = lines(
  'M9 6.5a3 3 0 0 1 6 0v5a3 3 0 0 1-6 0zM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3',
)
export const IconMoon = lines('M20 14.5A8.5 8.5 0 1 1 9.5 4 7 7 0 0 0 20 14.5z')
export const IconRefresh = lines('M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9M19.5 4.5V9H15')
export const IconShare = lines('M12 15V4M8 7.5 12 3.5l4 4M6 11.5H5V20h14v-8.5h-1')
export const IconShield = lines('M12 3.5l7 2.5v5.5c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9V6zM9 11.8l2.2 2.2L15 10')
export const IconSignOut = lines(
  'M14 4.5H6.5A1.5 1.5 0 0 0 5 6v12a1.5 1.5 0 0 0 1.5 1.5H14M10.5 12H20M16.5 8.5 20 12l-3.5 3.5',
)
export const IconSpeaker = lines(
  'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11',
)
export const IconSun = lines(
  `${disc(4)}M12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1.1 1.1M17.3 17.3l1.1 1.1M18.4 5.6l-1.1 1.1M6.7 17.3l-1.1 1.1`,
)
export const IconTrash = lines(
  'M4.5 6.5h15M9.5 6.5v-2h5v2M6.5 6.5l.8 12a1.5 1.5 0 0 0 1.5 1.4h6.4a1.5 1.5 0 0 0 1.5-1.4l.8-12M10 10.5v5.5M14 10.5v5.5',
)
export const IconUnplugged = lines(
  'M9 3.5v4M15 3.5v4M6.5 7.5h11v3a5.5 5.5 0 0 1-11 0zM12 16v4.5M17 17.5l4 4M21 17.5l-4 4',
)

export const IconPause = shape('M6.5 5h3.5v14H6.5zM14 5h3.5v14H14z')
export const IconPin = shape('M8.5 3h7v2l-1 .8v4l3.5 3.2v2h-5v5.5l-1 2-1-2V15H6v-2l3.5-3.2v-4l-1-.8z')
export const IconPlay = shape(
  'M8 5.2v13.6a.8.8 0 0 0 1.2.7l10.6-6.8a.8.8 0 0 0 0-1.4L9.2 4.5a.8.8 0 0 0-1.2.7z',
)
