/** `kubectl etj status`: the objects with the worst first, once or followed. */
import { systemClock } from '../base/clock.ts';
import { printable } from '../base/foreign-text.ts';
import { type Row, rowOf } from '../overview/row.ts';
import type { Connection } from './common/connection.ts';
import { EXIT, type ExitCode } from './common/failure.ts';
import { followJobs, listJobs } from './common/objects.ts';
import { type Format, jsonText, type Output, resourceName, tableLines, yamlText } from './common/output.ts';
import { isAlarming, rowsOf, statusItem, statusTable, summaryOf } from './status-view.ts';

export interface StatusOptions {
  readonly output: Format;
  readonly watch: boolean;
}

/** @param untilStopped gives the signal that ends following @throws Unable */
export async function status(
  connection: Connection,
  { output: format, watch }: StatusOptions,
  output: Output,
  untilStopped: () => AbortSignal,
): Promise<ExitCode> {
  const rows = rowsOf(await listJobs(connection));
  if (!watch) {
    printRows(rows, format, connection, output);
    return codeOf(rows);
  }
  return follow(connection, rows, format, output, untilStopped());
}

function codeOf(rows: Iterable<Row>): ExitCode {
  return isAlarming(rows) ? EXIT.wrong : EXIT.fine;
}

function printRows(
  rows: readonly Row[],
  format: Format,
  connection: Connection,
  output: Output,
  widths?: number[],
): void {
  const { namespace } = connection;
  switch (format) {
    case 'json':
      output.print(jsonText({ items: rows.map(statusItem) }));
      return;
    case 'yaml':
      output.print(yamlText({ items: rows.map(statusItem) }));
      return;
    case 'name':
      for (const { name } of rows) output.print(resourceName(name));
      return;
    case 'table':
    case 'wide':
      if (rows.length === 0) {
        output.note(noneIn(namespace));
        return;
      }
      for (const line of linesOf(rows, format, connection, output, widths)) output.print(line);
      output.note(summaryOf(rows));
  }
}

function noneIn(namespace: string | undefined): string {
  if (namespace === undefined) return 'No EdgeTranscodeJobs found.';
  return `No EdgeTranscodeJobs found in namespace ${namespace}; -A shows all namespaces.`;
}

function linesOf(
  rows: readonly Row[],
  format: Format,
  { namespace }: Connection,
  output: Output,
  widths?: number[],
): string[] {
  const now = systemClock.date().getTime() / 1_000;
  const options = { showsNamespace: namespace === undefined, isWide: format === 'wide', now };
  return tableLines(statusTable(rows, options), output, widths);
}

/** What of a row is worth a line when it changes: not that it was observed again. */
function shownOf(row: Row): string {
  const { problem, state, condition, jobName, expectedState } = row;
  return [problem, state, condition?.reason, condition?.message, jobName, expectedState].join('\n');
}

/** Prints the rows, and from then on each change until it is stopped, as `kubectl get --watch` does. */
async function follow(
  connection: Connection,
  first: readonly Row[],
  format: Format,
  output: Output,
  stop: AbortSignal,
): Promise<ExitCode> {
  const widths: number[] = [];
  printRows(first, format, connection, output, widths);
  const shown = new Map(first.map((row) => [row.object.key as string, shownOf(row)]));
  const isTable = format === 'table' || format === 'wide';
  const print = (row: Row) => {
    if (!isTable) return printRows([row], format, connection, output);
    for (const line of linesOf([row], format, connection, output, widths).slice(1)) output.print(line);
  };
  const { store, ended } = followJobs(
    connection,
    (key, { after }) => {
      if (!after) {
        if (shown.delete(key)) output.note(printable(`${key} was deleted`));
        return;
      }
      const row = rowOf(after, undefined);
      if (shown.get(key) === shownOf(row)) return;
      shown.set(key, shownOf(row));
      print(row);
    },
    output.note,
    stop,
  );
  await ended;
  // Stopped before its list is complete, the store says less than the first rows.
  return codeOf(store.isListed ? rowsOf(store.values()) : first);
}
