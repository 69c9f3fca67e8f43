/** The verbs about the endpoints: their faults and connections, and what was called there. */
import type { CallLog } from '../accounts/call-log.ts';
import type { Faults } from '../endpoint/faults.ts';
import type { Listener } from '../http/listener.ts';
import { checkService, type EndpointVerbs, type ServiceName } from '../world/cloud-world.ts';

/** The endpoint of one service. */
export interface Endpoint {
  readonly listener: Listener;
  readonly log: CallLog;
}

export type Endpoints = Readonly<Record<ServiceName, Endpoint>>;

export function endpointVerbs(faults: Faults, endpoints: Endpoints): EndpointVerbs {
  const endpoint = (service: ServiceName = 'live'): Endpoint => {
    checkService(service);
    return endpoints[service];
  };
  return {
    async addFault(fault) {
      return { faultID: faults.add(fault) };
    },
    async removeFault({ faultID }) {
      faults.remove(faultID);
    },
    async clearFaults() {
      faults.clear();
    },
    async faults() {
      return faults.list();
    },
    async refuseConnections({ service } = {}) {
      await endpoint(service).listener.close();
    },
    async acceptConnections({ service } = {}) {
      await endpoint(service).listener.open();
    },
    async counts({ service } = {}) {
      const { log, listener } = endpoint(service);
      return log.counts(listener.connections);
    },
    async calls({ since, limit, service } = {}) {
      return endpoint(service).log.page(since, limit);
    },
    async awaitCalls({ since = 0, count, milliseconds = 10_000, service }) {
      const { log } = endpoint(service);
      await log.wait(since, count, milliseconds);
      return log.page(since);
    },
    async timeline({ accountID, operation, service }) {
      return endpoint(service).log.timeline(accountID, operation);
    },
    async resetCounts() {
      for (const { log, listener } of Object.values(endpoints)) {
        log.reset();
        listener.resetConnectionCount();
      }
    },
  };
}
