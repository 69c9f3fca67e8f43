/**
 * Draws a recording of a terminal as an SVG without scripts and links: its lines appear as they did, and
 * stay. Where a reader shows no motion, all are there at once.
 */
import { widthOf } from '../../../../src/companion/common/output.ts';
import { element, short } from '../../monitoring/picture/svg.ts';
import { linesOf, type Run } from './ansi.ts';

/** A command with what it wrote. */
export interface Scene {
  readonly command: string;
  readonly written: string;
  /** How long the command ran, s. */
  readonly seconds: number;
}

/** Size of a character, in px: the width is given to each text, so that every font fits. */
const CELL = { width: 7.2, height: 17 };
const PADDING = 14;
const PROMPT = '$ ';

/** A reader needs this long for what a command wrote, s. */
const PAUSE = 3;
const TYPED_PER_SECOND = 20;

const STYLE = `
  text { font: 12px ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, 'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', monospace; fill: #d8d9da; white-space: pre }
  .bold { font-weight: 700 } .red { fill: #ff7b72 } .green { fill: #56d364 } .yellow { fill: #e3b341 } .dim { fill: #8b949e }
  .prompt { fill: #79c0ff }
  @media (prefers-reduced-motion: no-preference) { g { animation: appear 1ms backwards } }
  @keyframes appear { from { opacity: 0 } }`;

/** @param columns of the terminal */
export function drawRecording(scenes: readonly Scene[], columns: number): string {
  let at = 0;
  const groups: string[] = [];
  let row = 0;
  const group = (lines: readonly (readonly Run[])[]): void => {
    const drawn = lines.flatMap((line, index) => line.map((run) => drawRun(run, row + index)));
    groups.push(element('g', { style: `animation-delay:${short(at)}s` }, ...drawn));
    row += lines.length;
  };
  for (const { command, written, seconds } of scenes) {
    const typed = { column: widthOf(PROMPT), text: command, style: 'bold' };
    group([[{ column: 0, text: PROMPT, style: 'prompt' }, typed]]);
    at += command.length / TYPED_PER_SECOND + seconds;
    group([...linesOf(written), []]);
    at += PAUSE;
  }
  const [width, height] = [columns * CELL.width + 2 * PADDING, row * CELL.height + 2 * PADDING];
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${short(width)} ${height}`,
      width: short(width),
      role: 'img',
    },
    element('title', {}, 'kubectl etj in a terminal'),
    element('style', {}, STYLE),
    element('rect', { width: '100%', height: '100%', rx: 8, fill: '#0d1117' }),
    ...groups,
  )}\n`;
}

function drawRun({ column, text, style }: Run, row: number): string {
  const content = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return element(
    'text',
    {
      x: short(PADDING + column * CELL.width),
      y: PADDING + (row + 1) * CELL.height - 5,
      textLength: short(widthOf(text) * CELL.width),
      class: style || undefined,
    },
    content,
  );
}
