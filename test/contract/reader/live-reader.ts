/** The reader of the real cloud, through the vendor's SDK, against the simulated endpoint. */
import type { Simulator } from '../../../simulator/simulator.ts';
import { parseEndpoint } from '../../../src/base/endpoint.ts';
import { LiveReader } from '../../../src/cloud/cloud-reader.ts';
import { Sts } from '../../../src/cloud/sts/sts.ts';
import { Credentials } from '../../../src/credentials/credentials.ts';
import { PollingPlan } from '../../../src/job/schedule/polling-plan.ts';
import type { Closable, ReaderParts } from '../cloud-subject.ts';

// Or the SDK looks for a metadata service outside this machine.
process.env.ALIBABA_CLOUD_ECS_METADATA_DISABLED = 'true';

export function liveReader(cloud: Simulator, parts: ReaderParts): Closable {
  const { own, secrets, clock, logger, callsPerMinute, observeWith } = parts;
  const rules = { allowedEndpoints: ['*'], allowInsecure: true };
  const sts = new Sts({ endpoint: parseEndpoint(cloud.stsURL), userAgent: 'contract', clock, logger });
  const credentials = new Credentials({ own, sts, ownFor: ['media'], secrets, clock, logger, ...rules });
  const endpoint = parseEndpoint(cloud.url);
  const regionID = 'cn-shanghai';
  const reader = new LiveReader({
    credentials,
    sts,
    endpoint,
    regionID,
    userAgent: 'contract',
    callsPerMinute,
    clock,
    logger,
  });
  reader.apply(PollingPlan.first(observeWith));
  return reader;
}
