/**
 * What the operators asked of the API server, from its audit log: accepted status writes, claims of the Lease
 * and events.
 */
import { FileTail } from './file-tail.ts';
import type { Claim, CreatedEvent, StatusWrite, StoredStatus } from './moment.ts';

export interface AuditNews {
  readonly writes: StatusWrite[];
  readonly claims: Claim[];
  readonly events: CreatedEvent[];
  /** What the operators sent, as it is in the log. */
  readonly text: string;
}

interface AuditLine {
  readonly verb: string;
  readonly userAgent?: string;
  readonly objectRef?: {
    readonly resource: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code: number };
  readonly requestObject?: unknown;
  readonly requestReceivedTimestamp: string;
}

type JsonPatch = readonly { readonly path: string; readonly value: unknown }[];

const OPERATORS = /^edge-transcode-job-operator\/\S+ \((?<identity>[^)]*)\)/;

/** The first code of answers that leave it open whether the write was stored. */
const FIRST_OPEN_CODE = 500;

export class AuditTail {
  readonly #tail: FileTail;
  #holder = '';

  constructor(file: string) {
    this.#tail = new FileTail(file);
  }

  /** What the log got since the last call. */
  async news(): Promise<AuditNews> {
    const text = await this.#tail.news();
    const news: AuditNews = { writes: [], claims: [], events: [], text };
    for (const line of text.split('\n')) if (line !== '') this.#take(JSON.parse(line) as AuditLine, news);
    return news;
  }

  #take(line: AuditLine, news: AuditNews): void {
    const writer = OPERATORS.exec(line.userAgent ?? '')?.groups?.identity;
    const { code = 0 } = line.responseStatus ?? {};
    if (writer === undefined || !line.objectRef) return;
    const isAccepted = code >= 200 && code < 300;
    if (!isAccepted && code < FIRST_OPEN_CODE) return;
    const { resource, subresource, namespace = '', name = '' } = line.objectRef;
    const at = Date.parse(line.requestReceivedTimestamp);
    if (subresource === 'status')
      news.writes.push(writeOf(line, { at, writer, namespace, name, isAccepted }));
    if (!isAccepted) return;
    if (resource === 'leases' && line.requestObject) this.#claim(line.requestObject, at, news);
    if (resource === 'events' && line.verb === 'create') news.events.push(eventOf(line.requestObject, at));
  }

  #claim(lease: unknown, at: number, news: AuditNews): void {
    const { holderIdentity: holder = '' } = (lease as { spec: { holderIdentity?: string } }).spec;
    if (holder !== '' && holder !== this.#holder) news.claims.push({ at, holder });
    this.#holder = holder;
  }
}

function writeOf(
  { requestObject }: AuditLine,
  about: Pick<StatusWrite, 'at' | 'writer' | 'namespace' | 'name' | 'isAccepted'>,
): StatusWrite {
  const valueAt = (path: string) => (requestObject as JsonPatch).find((each) => each.path === path)?.value;
  return {
    ...about,
    uid: String(valueAt('/metadata/uid')),
    version: Number(valueAt('/metadata/resourceVersion')),
    status: valueAt('/status') as StoredStatus,
  };
}

function eventOf(event: unknown, at: number): CreatedEvent {
  const { regarding, reason } = event as { regarding: { uid: string }; reason: string };
  return { at, uid: regarding.uid, reason };
}
