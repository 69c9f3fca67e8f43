/**
 * A kubeconfig whose API clients share connections. The library makes a connection for each call, and tests
 * look at objects ten times a second: both ends would spend their processor time on handshakes.
 * `PooledKubeConfig` shares connections among the operator's own calls, not among the library's clients.
 */
import { KubeConfig, type RequestContext } from '@kubernetes/client-node';

export class SharingKubeConfig extends KubeConfig {
  #dispatcher: ReturnType<RequestContext['getDispatcher']>;

  /** @param kubeconfig path */
  constructor(kubeconfig: string) {
    super();
    this.loadFromFile(kubeconfig);
  }

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    // The library makes an Agent for each call, which connects when it is used. Only the first one is used.
    this.#dispatcher ??= context.getDispatcher();
    if (this.#dispatcher) context.setDispatcher(this.#dispatcher);
  }
}
