// The last step of the tour: the alerts that fire by now, in a real Prometheus with the shipped rules.

import { setTimeout as delay } from 'node:timers/promises';
import type { Alert, Prometheus } from '../monitoring/servers.ts';
import type { Screen } from './terminal/screen.ts';

export type Alerts = {
  readonly screen: Screen;
  /** Undefined where no Prometheus is built. */
  readonly prometheus: Pick<Prometheus, 'firing'> | undefined;
  /** Alerts that the tour has caused, with the names of their objects. */
  readonly caused: readonly (readonly [alert: string, object: string])[];
  /** Aborted when the tour is to end. */
  readonly signal: AbortSignal;
};

// Prometheus scrapes and evaluates once a second. The rest is for a machine that is busy with other things.
const FIRE_WITHIN_MS = 40_000;
const LOOK_EVERY_MS = 250;

/** Shows the alerts. Rejects when those that the tour has caused do not fire in time. */
export async function showAlerts(alerts: Alerts): Promise<void> {
  const { screen, prometheus } = alerts;
  screen.heading('6. Alerts fire');
  if (!prometheus) {
    screen.say(
      'The alerts need Prometheus, which is not built yet. `make monitoring` builds it once, in about 4 minutes and with Go. ' +
        'Then the demo ends with the alerts that the stopped and the vanished job have caused.',
    );
    return;
  }
  screen.say(
    'A real Prometheus has scraped the operator all the time, with the rules of deploy/prometheus/rules.yaml. These alerts ' +
      'fire now, each with what to do. Here they fire at once; in a cluster each waits as long as its rule says.',
  );
  let firing: readonly Alert[] = [];
  await screen.command('curl $PROMETHEUS/api/v1/alerts', async () => {
    firing = await untilCaused(prometheus, alerts);
    return '';
  });
  for (const { labels, annotations, activeAt } of firing) {
    const { severity = '', alertname, name = '' } = labels;
    screen.blank();
    screen.item([severity.padEnd(8), alertname, name, `since ${activeAt.slice(11, 19)}Z`].join('  '));
    screen.result(`${annotations.summary} ${annotations.description}`);
    screen.item(`   What to look at and to do: ${annotations.runbook_url}`);
  }
}

/** Resolves with all alerts that fire, the oldest first, once those of the tour are among them. */
async function untilCaused(
  prometheus: Pick<Prometheus, 'firing'>,
  { caused, signal }: Alerts,
): Promise<readonly Alert[]> {
  const timeout = AbortSignal.timeout(FIRE_WITHIN_MS);
  while (true) {
    const firing = await prometheus.firing();
    const missing = caused.filter(
      ([alert, object]) => !firing.some(({ labels }) => labels.alertname === alert && labels.name === object),
    );
    if (missing.length === 0) return firing.toSorted((a, b) => a.activeAt.localeCompare(b.activeAt));
    if (timeout.aborted) {
      const names = missing.map((each) => each.join(' for ')).join(', ');
      throw new Error(`these alerts did not fire within ${FIRE_WITHIN_MS / 1_000} s: ${names}`);
    }
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
