/** What a server answers to one request. */
export interface Answer {
  readonly status: number;
  /** Headers by their names in lower case. The server adds the length, and answers 304 to a known `etag`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes instead of a string: answers that are equal hold the same memory. */
  readonly body: Buffer;
}

export function plainAnswer(status: number, text: string, headers: Answer['headers'] = {}): Answer {
  return {
    status,
    headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' },
    body: Buffer.from(`${text}\n`),
  };
}
