/**
 * Reads one Secret at a time by name; never lists or watches.
 */
import type { SecretData, SecretReader } from '../../job/model/sinks.ts';
import { apiFailure } from './api-error.ts';
import type { KubeClient } from './kube-client.ts';

export class KubeSecrets implements SecretReader {
  readonly #client: Pick<KubeClient, 'secretData'>;

  constructor(client: Pick<KubeClient, 'secretData'>) {
    this.#client = client;
  }

  async read(namespace: string, name: string): Promise<SecretData | 'missing' | 'forbidden'> {
    try {
      const data = await this.#client.secretData(namespace, name);
      return Object.fromEntries(
        Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
      );
    } catch (error) {
      const { status, reason } = apiFailure(error);
      if (status === 404) return 'missing';
      if (status === 403) return 'forbidden';
      throw new Error(`reading a Secret failed: ${reason}`);
    }
  }
}
