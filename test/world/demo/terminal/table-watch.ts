// A watch whose events are rows of a table, made by the API server as it makes them for kubectl, so that what
// is shown are the columns of the CRD.

import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { parse } from 'yaml';
import type { ControlPlane } from '../../control-plane/control-plane.ts';
import type { Cells, Column } from './table.ts';

/** An event of a watch. `O` is the object of the row. */
export type RowEvent<O> = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly columns: readonly Column[];
  readonly cells: Cells;
  readonly object: O;
};

type Table<O> = {
  /** The columns; only the first event of a watch has them. */
  readonly columnDefinitions?: readonly Column[] | null;
  readonly rows: readonly { readonly cells: Cells; readonly object: O }[];
};

type Event<O> = { readonly type: RowEvent<O>['type'] | 'BOOKMARK' | 'ERROR'; readonly object: Table<O> };

const AS_TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

/**
 * Events of the objects at `path`, beginning with all that are there. The server ends each watch some day;
 * then a new one begins, again with all. Ends by throwing: when `signal` is aborted, or the server cannot be
 * reached.
 */
export async function* watchRows<O>(
  controlPlane: ControlPlane,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<RowEvent<O>, never> {
  const access = { ca: await readFile(controlPlane.caFile), token: await adminToken(controlPlane) };
  const url = `${controlPlane.server}${path}?watch=true&includeObject=Object`;
  while (true) {
    let columns: readonly Column[] = [];
    for await (const event of events<O>(await open(url, access, signal))) {
      if (event.type === 'ERROR') break;
      if (event.type === 'BOOKMARK') continue;
      if (event.object.columnDefinitions?.length) columns = event.object.columnDefinitions;
      for (const row of event.object.rows) yield { type: event.type, columns, ...row };
    }
  }
}

async function adminToken(controlPlane: ControlPlane): Promise<string> {
  const kubeconfig = parse(await readFile(controlPlane.kubeconfig, 'utf8')) as {
    users: [{ user: { token: string } }];
  };
  return kubeconfig.users[0].user.token;
}

function open(
  url: string,
  { ca, token }: { readonly ca: Buffer; readonly token: string },
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const headers = { accept: AS_TABLE, authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    get(url, { ca, headers, signal, agent: false }, (response) => {
      if (response.statusCode === 200) resolve(response);
      else {
        response.resume();
        reject(new Error(`the API server answered the watch with ${response.statusCode}`));
      }
    }).on('error', (cause) => reject(new Error('cannot watch the API server', { cause })));
  });
}

async function* events<O>(response: IncomingMessage): AsyncGenerator<Event<O>> {
  let rest = '';
  for await (const chunk of response.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as Event<O>;
  }
}
