/**
 * Requests to the API server as its admin, each on a connection of its own: nothing here is shared with the
 * operator's client, and a connection that a fault has broken is not used again.
 */
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface ApiAccess {
  readonly url: string;
  readonly authority: string;
  readonly token: string;
}

const ANSWER_WITHIN_MS = 5_000;

/** Reads the address and the token of a kubeconfig as `ControlPlane` writes it. */
export async function accessOf(kubeconfig: string): Promise<ApiAccess> {
  const { clusters, users } = parse(await readFile(kubeconfig, 'utf8'));
  const { server, 'certificate-authority-data': authority } = clusters[0].cluster;
  return { url: server, authority: Buffer.from(authority, 'base64').toString(), token: users[0].user.token };
}

export class ApiClient {
  readonly #access: ApiAccess;

  constructor(access: ApiAccess) {
    this.#access = access;
  }

  /** @throws when there is no answer within 5 s. An answer that refuses is an answer */
  async ask(method: string, path: string, body?: object, type = 'application/json'): Promise<Answer> {
    const response = await this.open(method, path, {
      body,
      type,
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const answer = await text(response);
    return { status: response.statusCode ?? 0, body: answer.startsWith('{') ? JSON.parse(answer) : answer };
  }

  /** Resolves with the answer's head, for a watch. */
  open(
    method: string,
    path: string,
    options: { readonly body?: object | undefined; readonly type?: string; readonly signal: AbortSignal },
  ): Promise<IncomingMessage> {
    const { url, authority, token } = this.#access;
    const { body, type = 'application/json', signal } = options;
    const headers = {
      authorization: `Bearer ${token}`,
      'user-agent': 'chaos',
      ...(body && { 'content-type': type }),
    };
    return new Promise((resolve, reject) => {
      const asked = request(
        `${url}${path}`,
        { method, headers, ca: authority, agent: false, signal },
        resolve,
      );
      asked.once('error', reject);
      asked.end(body && JSON.stringify(body));
    });
  }
}
