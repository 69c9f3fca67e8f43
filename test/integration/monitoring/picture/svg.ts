/**
 * Elements of SVG as text, and the colours of the picture. The picture follows the colour scheme of its
 * reader.
 */

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Mean width of a character, as a part of the font size. */
const CHARACTER = 0.56;

/** Lines of graphs, readable on light and on dark. */
const PALETTE = [
  ...['#3d9a45', '#3274d9', '#e8700a', '#a352cc', '#d8313f', '#0a9396', '#b58900', '#d6619e'],
  ...['#6b7a8f', '#7c5e3c', '#5b8c00', '#4c51bf'],
];

const NAMED: Readonly<Record<string, string>> = {
  green: '#3d9a45',
  yellow: '#b58900',
  orange: '#e8700a',
  red: '#d8313f',
  blue: '#3274d9',
};

export const STYLE = `
  text { font: 12px Inter, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif; fill: #24292e }
  .page { fill: #f3f4f6 } .panel { fill: #fff; stroke: #dadde1 }
  .dim { fill: #667080 } .grid { stroke: #e6e8eb } .line { fill: none; stroke-width: 1.5; stroke-linejoin: round }
  .title { font-weight: 600 } .headline { font-size: 15px; font-weight: 600 }
  .head { font-weight: 600; fill: #667080 } .small { font-size: 11px }
  @media (prefers-color-scheme: dark) {
    text { fill: #d8d9da }
    .page { fill: #0f1115 } .panel { fill: #181b1f; stroke: #2c3035 }
    .dim, .head { fill: #9aa2ad } .grid { stroke: #2a2e33 }
  }`;

export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const given = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${escaped(String(value))}"`],
  );
  return `<${name}${given.join('')}${children.length > 0 ? `>${children.join('')}</${name}>` : '/>'}`;
}

/** One line of text, cut where it would be wider than `width`. */
export function text(
  content: string,
  x: number,
  y: number,
  {
    width = Number.POSITIVE_INFINITY,
    size = 12,
    ...attributes
  }: Attributes & { width?: number; size?: number } = {},
): string {
  const fitting = Math.floor(width / (size * CHARACTER));
  const shown = content.length > fitting ? `${content.slice(0, Math.max(1, fitting - 1))}…` : content;
  return element('text', { x: short(x), y: short(y), ...attributes }, escaped(shown));
}

/** Returns about how wide a text is, in px. */
export function widthOf(content: string, size = 12): number {
  return content.length * size * CHARACTER;
}

export function paletteColour(index: number): string {
  return PALETTE[index % PALETTE.length] as string;
}

/** A colour by Grafana's name. @throws for one that the picture does not have */
export function namedColour(name: string): string {
  const colour = NAMED[name];
  if (!colour) throw new Error(`the picture has no colour ${name}`);
  return colour;
}

/** A coordinate with one digit after the point, so that the file stays small. */
export function short(coordinate: number): number {
  return Number(coordinate.toFixed(1));
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
