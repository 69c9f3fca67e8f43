// The alerts of the demo: what is shown of them, what is waited for, and what is said without Prometheus.

import { expect } from 'chai';
import type { Alert } from '../monitoring/servers.ts';
import { showAlerts } from './alerts.ts';
import { Screen } from './terminal/screen.ts';

const CAUSED = [['NotReady', 'one']] as const;

describe('The alerts of the demo', () => {
  it('are waited for, and shown with what they say, the oldest first', async () => {
    const answers = [
      [],
      [alert('Later', '', '12:00:09')],
      [alert('Later', '', '12:00:09'), alert('NotReady', 'one', '12:00:01')],
    ];
    const shown = await screenOf({ firing: async () => answers.shift() ?? [] });
    expect(answers).to.deep.equal([]);
    expect(shown).to.match(
      / {2}warning {3}NotReady {2}one {2}since 12:00:01Z\n {2}=> NotReady is it\. Do this\.\n.*docs\/runbooks\/NotReady\.md\n\n {2}warning {3}Later/,
    );
  });

  it('are not waited for when the user wants no more', async () => {
    const stop = new AbortController();
    const firing = async (): Promise<readonly Alert[]> => {
      stop.abort(new Error('the user wants no more'));
      return [];
    };
    const failure = await screenOf({ firing }, stop.signal).catch((error: Error) => error.message);
    expect(failure).to.equal('the user wants no more');
  });

  it('are replaced by the way to get Prometheus where it is not built', async () => {
    expect(await screenOf(undefined)).to.contain('`make monitoring`');
  });
});

function alert(alertname: string, name: string, time: string): Alert {
  return {
    labels: { alertname, name, severity: 'warning' },
    annotations: {
      summary: `${alertname} is it.`,
      description: 'Do this.',
      runbook_url: `docs/runbooks/${alertname}.md`,
    },
    state: 'firing',
    activeAt: `2026-01-01T${time}.123Z`,
  };
}

async function screenOf(
  prometheus: { firing(): Promise<readonly Alert[]> } | undefined,
  signal: AbortSignal = new AbortController().signal,
): Promise<string> {
  let shown = '';
  const screen = new Screen({
    write: (text) => {
      shown += text;
    },
  });
  await showAlerts({ screen, prometheus, caused: CAUSED, signal });
  return shown;
}
