/**
 * How every call of the API server is made: its user agent, connections and deadline, and how much of its
 * answer is read.
 */
import { createConfiguration, ServerConfiguration } from '@kubernetes/client-node';
import { bounded, MOST_ANSWER_BYTES } from './bounded-body.ts';
import type { PooledKubeConfig } from './kube-config.ts';

/** Configuration of the library's generated clients. */
export type ApiConfiguration = ReturnType<typeof createConfiguration>;

export function apiConfiguration(
  config: PooledKubeConfig,
  userAgent: string,
  deadlineMs: number,
  mostBytes = MOST_ANSWER_BYTES,
): ApiConfiguration {
  return createConfiguration({
    baseServer: new ServerConfiguration(config.getCurrentCluster()?.server ?? '', {}),
    authMethods: { default: config },
    promiseMiddleware: [
      {
        pre: async (context) => {
          context.setHeaderParam('User-Agent', userAgent);
          context.setSignal(AbortSignal.timeout(deadlineMs));
          return context;
        },
        post: async (response) => bounded(response, mostBytes),
      },
    ],
  });
}
