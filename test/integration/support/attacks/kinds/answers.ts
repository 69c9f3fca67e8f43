/** Attacks by the answers of endpoints that the attacker's Secrets name. */
import type { Attack, Scenery } from '../attack.ts';
import type { BehaviourName } from '../hostile/behaviours.ts';
import { startHostile } from '../hostile/start.ts';
import { names } from '../tenant.ts';

interface Answers {
  readonly behaviour: BehaviourName;
  readonly secrets: number;
  readonly objects: number;
}

/** Objects at 5 s that use the Secrets in turn, each with an endpoint of this behaviour. */
async function callHostile({ world, tenant, stack }: Scenery, { behaviour, secrets, objects }: Answers) {
  const hostile = stack.use(await startHostile(world.processes, behaviour, secrets));
  const created = await tenant.createSecrets(hostile.urls);
  await tenant.create(
    names('object', objects).map((name, index) => {
      const credentialsRef = { name: created[index % secrets] as string };
      // Each in a cluster of its own: there is no list to share, and each object costs calls.
      const ids = { clusterID: `hostile-cluster-${index}`, jobID: `hostile-job-${index}` };
      return { name, spec: { ...ids, interval: '5s', credentialsRef } };
    }),
  );
  return () => hostile.calls;
}

function answering(name: string, answers: Answers, atLeast: number): Attack {
  const during = (scenery: Scenery) => callHostile(scenery, answers);
  return { name, during, counts: 'calls to hostile endpoints', atLeast };
}

export const CHUNK_BOMB = answering(
  'answers in chunks of one byte',
  { behaviour: 'one-byte-chunks', secrets: 2, objects: 2 },
  2,
);

export const ENDLESS = answering(
  'answers without an end',
  { behaviour: 'endless', secrets: 8, objects: 80 },
  8,
);

export const HELD = answering('long answers held open', { behaviour: 'held', secrets: 8, objects: 600 }, 8);

export const MANY_KEYS = answering(
  'answers of 150,000 keys',
  { behaviour: 'many-keys', secrets: 4, objects: 80 },
  8,
);

export const HANGING = answering(
  'endpoints that hang',
  { behaviour: 'hanging', secrets: 8, objects: 600 },
  8,
);

export const SLOW_HEADS = answering(
  'heads of answers that never end',
  { behaviour: 'slow-head', secrets: 8, objects: 600 },
  8,
);

export const ALTERNATING = answering(
  'an endpoint that alternates good and bad',
  { behaviour: 'alternating', secrets: 1, objects: 200 },
  100,
);

export const FLAPPING = answering(
  'states that flap with each answer',
  { behaviour: 'flapping', secrets: 4, objects: 200 },
  100,
);

export const FAST = answering(
  '16 Secrets that are called as fast as possible',
  { behaviour: 'good', secrets: 16, objects: 1_600 },
  200,
);

export const INFORMATIONAL = answering(
  'informational answers without end',
  { behaviour: 'informational-flood', secrets: 4, objects: 40 },
  4,
);

export const REDIRECTS = answering(
  'redirects to itself',
  { behaviour: 'redirecting', secrets: 4, objects: 200 },
  4,
);

export const LONG_FIELDS = answering(
  'answers with a field of two megabytes',
  { behaviour: 'long-field', secrets: 4, objects: 300 },
  8,
);

export const SILENT_TLS = answering(
  'handshakes of TLS that never end',
  { behaviour: 'silent-tls', secrets: 8, objects: 600 },
  8,
);
