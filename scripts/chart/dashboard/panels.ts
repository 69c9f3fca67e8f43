/**
 * What a panel is: the description from which `grafana.ts` makes Grafana's JSON.
 */

/** The width of a dashboard, in columns. */
export const COLUMNS = 24;

export interface Query {
  readonly expr: string;
  /** The name of each series, with labels as `{{code}}`. */
  readonly legend?: string;
}

/** The colour of values from this one on; null: from the smallest. */
export type Threshold = readonly [from: number | null, colour: 'green' | 'orange' | 'red' | 'blue'];

/** What a value means, with its colour. */
export type Meaning = readonly [value: number, text: string, colour: 'green' | 'red' | 'blue' | 'orange'];

interface Common {
  readonly title: string;
  /** What the panel says, and what to do about it. */
  readonly description: string;
  /** Columns, of which there are 24. */
  readonly width: number;
  /** Grafana's name of the unit. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Shown where no series answers. */
  readonly without?: string;
  readonly thresholds?: readonly Threshold[];
  readonly meanings?: readonly Meaning[];
}

/** One number of now. */
export interface Stat extends Common {
  readonly kind: 'stat';
  /** Most digits after the point. Default: as the unit has it. */
  readonly decimals?: number;
}

/** Lines over time. */
export interface Graph extends Common {
  readonly kind: 'timeseries';
  readonly stacked?: true;
  readonly logarithmic?: true;
  /** Lines whose names begin so are dashed: limits beside what they limit. */
  readonly dashed?: string;
}

/** States over time: a bar for each series. */
export interface Timeline extends Common {
  readonly kind: 'state-timeline';
  readonly meanings: readonly Meaning[];
}

/** A row for each set of labels of now. */
export interface Table extends Common {
  readonly kind: 'table';
  readonly columns: readonly Column[];
}

export interface Column {
  /** A label; or `Value`, with several queries `Value #A` for the first. */
  readonly field: string;
  readonly title: string;
  /** Default: that of the table. */
  readonly unit?: string;
  readonly thresholds?: readonly Threshold[];
}

export type Panel = Stat | Graph | Timeline | Table;

/** A headline with the panels below it, which go from left to right. */
export interface Section {
  readonly title: string;
  readonly panels: readonly Panel[];
}
