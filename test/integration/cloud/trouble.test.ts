/**
 * Lasting failures of keys, Secrets, permissions and the cloud, with the operator under its shipped service
 * account. Each takes 30 s and more, so all start together.
 */
import { ONE_BY_ONE } from '../support/cloud-side.ts';
import { install } from '../support/installed.ts';
import { keyScenarios } from '../support/scenarios/key-scenarios.ts';
import { outageScenarios } from '../support/scenarios/outage-scenarios.ts';
import { secretScenarios } from '../support/scenarios/secret-scenarios.ts';
import { together, useWorld } from '../support/use-world.ts';
import { readableSecrets } from '../support/user-side.ts';

/** Those that the operator may read from the start: not `unreadable`. */
const SECRETS = [
  ...['wrong', 'late', 'unsigned', 'switched', 'sts', 'denied', 'off', 'locked'],
  ...['missing', 'going', 'half', 'empty', 'plain', 'foreign', 'password', 'rotated', 'given'],
];

describe('during a lasting failure', function () {
  this.timeout(120_000);
  const scene = useWorld({
    prepare: async (world) => {
      await world.kubectl('create', 'namespace', 'other');
      await world.apply(...readableSecrets('credentials', SECRETS));
    },
    operator: async ({ controlPlane }) => ({
      kubeconfig: await install(controlPlane),
      args: [ONE_BY_ONE, '--default-credentials-namespaces=default', '--freshness=2'],
    }),
  });

  together({
    ...about('an outage', outageScenarios(scene)),
    ...about('keys', keyScenarios(scene)),
    ...about('credentials', secretScenarios(scene)),
  });
});

/** The same tests, with their subject before their titles. */
function about(
  subject: string,
  tests: Record<string, () => Promise<void>>,
): Record<string, () => Promise<void>> {
  return Object.fromEntries(Object.entries(tests).map(([title, test]) => [`${subject} ${title}`, test]));
}
