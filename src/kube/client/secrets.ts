/**
 * Reads one Secret at a time by name; never lists or watches.
 */
import type { SecretContent, SecretReader } from '../../job/model/kube-port.ts';
import { apiFailure } from './api-error.ts';
import { TooLargeError } from './bounded-body.ts';
import type { KubeClient } from './kube-client.ts';

export class KubeSecrets implements SecretReader {
  readonly #client: Pick<KubeClient, 'secretData'>;

  constructor(client: Pick<KubeClient, 'secretData'>) {
    this.#client = client;
  }

  async read(namespace: string, name: string, keys: readonly string[]): Promise<SecretContent> {
    try {
      const data = await this.#client.secretData(namespace, name);
      return Object.fromEntries(keys.flatMap((key) => decoded(key, data[key])));
    } catch (error) {
      if (error instanceof TooLargeError) return 'tooLarge';
      const { status, reason } = apiFailure(error);
      if (status === 404) return 'missing';
      if (status === 403) return 'forbidden';
      throw new Error(`reading a Secret failed: ${reason}`);
    }
  }
}

function decoded(key: string, value: string | undefined): [string, string][] {
  return value === undefined ? [] : [[key, Buffer.from(value, 'base64').toString('utf8')]];
}
