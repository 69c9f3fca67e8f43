/** What a panel is drawn from: its place, and the series with their names. */
import type { Panel, Step } from '../../../guards/deploy/dashboard.ts';
import type { Range, Series } from '../../../world/monitoring/servers.ts';
import type { Answer } from '../dashboard-data.ts';
import { namedColour } from './svg.ts';

/** The inside of a panel, in px. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Drawing {
  readonly panel: Panel;
  readonly answers: readonly Answer[];
  readonly area: Area;
  readonly range: Range;
}

/** All series of a panel with the names of its legend. */
export function namedSeries(
  answers: readonly Answer[],
): readonly { name: string; points: Series['points'] }[] {
  return answers.flatMap(({ target, series }) =>
    series.map(({ labels, points }) => {
      const name = (target.legendFormat ?? '').replaceAll(
        /\{\{(\w+)\}\}/g,
        (_, label) => labels[label] ?? '',
      );
      return { name: name.trim(), points };
    }),
  );
}

/** The colour of a value by thresholds; undefined: that of the text. */
export function thresholdColour(value: number, steps: readonly Step[] = []): string | undefined {
  const reached = steps.findLast((step) => step.value === null || value >= step.value);
  return reached && namedColour(reached.color);
}
