/**
 * A kubeconfig whose API clients share connections. The library makes a connection for each call, and tests
 * look at objects twenty times a second: both ends would spend their processor time on handshakes.
 */
import { KubeConfig, type RequestContext } from '@kubernetes/client-node';

export class SharedConnections extends KubeConfig {
  #dispatcher: ReturnType<RequestContext['getDispatcher']>;

  /** @param kubeconfig path */
  constructor(kubeconfig: string) {
    super();
    this.loadFromFile(kubeconfig);
  }

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    // The library has made an Agent, which connects with its first call: only the first Agent gets one.
    this.#dispatcher ??= context.getDispatcher();
    if (this.#dispatcher) context.setDispatcher(this.#dispatcher);
  }
}
