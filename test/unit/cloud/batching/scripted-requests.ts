/**
 * Requests without a cloud: the test says when the calls of those that wait begin, and what each brings.
 */
import { Channel } from '../../../../src/base/channel.ts';
import { LIST_ACTION } from '../../../../src/cloud/client/live-client.ts';
import type { Request, Result } from '../../../../src/cloud/requests/request.ts';

export class ScriptedRequests {
  readonly finished = new Channel<Request<unknown>>();
  /** Requests whose call has not begun, oldest first. */
  waiting: Request<unknown>[] = [];
  /** The calls that have begun: `list 1`, or a job's ID. */
  readonly calls: string[] = [];

  submit(request: Request<unknown>): void {
    this.waiting.push(request);
  }

  withdraw(request: Request<unknown>): void {
    if (request.isCalling) return;
    request.withdrawn = true;
    this.waiting = this.waiting.filter((each) => each !== request);
  }

  /** Begins the calls of all that wait. */
  begin(): readonly Request<unknown>[] {
    const begun = this.waiting.splice(0);
    for (const request of begun) {
      request.isCalling = true;
      this.calls.push(nameOf(request));
    }
    return begun;
  }

  finish(request: Request<unknown>, result: Result<unknown>): void {
    request.result = result;
    this.finished.push(request);
  }

  /** What waits, as in `calls`, with its priority. */
  get queue(): string[] {
    return this.waiting.map((request) => `${nameOf(request)} ${request.priority}`);
  }
}

export function nameOf({ subject: { operation } }: Request<unknown>): string {
  const { action, jobID, query } = operation;
  return action === LIST_ACTION ? `list ${query.PageNo}` : `${jobID}`;
}
