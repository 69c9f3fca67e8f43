// Metrics that are counted, metrics that are read at each scrape, and series that disappear with their
// object.

import { expect } from 'chai';
import type { EdgeTranscodeJob, EdgeTranscodeJobStatus, State } from '../../../src/api/edge-transcode-job.ts';
import type { Reason } from '../../../src/api/reasons.ts';
import { nameOf } from '../../../src/base/object-key.ts';
import { Metrics } from '../../../src/telemetry/metrics.ts';
import type { MetricsSources } from '../../../src/telemetry/metrics-sources.ts';
import { aJob } from '../kit/samples/a-job.ts';
import { PRINTED_TEXT, TERMINAL_TEXT, terminalCharacter } from '../kit/terminal.ts';

const RUNNING: EdgeTranscodeJobStatus = {
  state: 'Running',
  conditions: (['Ready', 'Fresh'] as const).map((type) => ({
    type,
    status: 'True',
    reason: 'ObservationSucceeded',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
    observedGeneration: 1,
  })),
};

function job(name: string, status: EdgeTranscodeJobStatus = RUNNING): EdgeTranscodeJob {
  return aJob().named(name).storing(status).build();
}

describe('metrics', () => {
  let jobs: EdgeTranscodeJob[];
  let metrics: Metrics;
  let sources: MetricsSources;
  beforeEach(() => {
    jobs = [job('a')];
    sources = {
      jobs: () => jobs,
      jobCount: () => jobs.length,
      observedAt: ({ key }) => (nameOf(key) === 'never' ? undefined : 1_700_000_000),
      backlog: () => [{ identity: 'media/account', priority: 'scheduled', waiting: 4 }],
      demand: () => new Map([['media/account', 2.5]]),
      budgetOf: () => 50,
      stretches: () => [['media/account', 1.25] as const],
      loads: () => new Map([['media/account', 0.85]]),
      lastThrottledAt: () => undefined,
      listedClusters: () => [],
      isUnlisted: () => false,
      refusedNamespaces: () => ['media'],
      watchProgressedAt: () => 1_700_000_001,
      sharesBudgets: () => undefined,
      isLeading: () => true,
    };
    metrics = newMetrics(10);
  });

  function newMetrics(perObjectLimit: number): Metrics {
    const made = new Metrics({ version: '1.2.3', perObjectLimit });
    made.watch(sources);
    return made;
  }

  async function textOf(of: Metrics): Promise<string> {
    return (await of.render()).body.toString();
  }

  /** The operator's own samples, each on its line. */
  async function scrape(of = metrics): Promise<string[]> {
    return (await textOf(of)).split('\n').filter((line) => line.startsWith('edgetranscode_'));
  }

  it('have no character in a label that a terminal would obey', async () => {
    jobs = [job(TERMINAL_TEXT, { ...RUNNING, state: TERMINAL_TEXT as State })];
    sources.demand = () => new Map([[TERMINAL_TEXT, 1]]);
    metrics.called('GetEdgeTranscodeJob', TERMINAL_TEXT, 1);
    const lines = await scrape();
    for (const label of ['identity', 'name', 'state', 'code'])
      expect(lines.join('')).to.contain(`${label}="${PRINTED_TEXT}"`);
    expect(terminalCharacter(lines.join(''))).to.equal(undefined);
  });

  it('have the names, types and labels of the reference', async () => {
    metrics.called('GetEdgeTranscodeJob', 'OK', 0.1);
    metrics.waited('scheduled', 0.1);
    metrics.pollLagged(1);
    metrics.wrote('written');
    metrics.droppedEvent();
    metrics.reconciled('pollAt', 0.1);
    const text = await textOf(metrics);
    const types = [...text.matchAll(/^# TYPE edgetranscode_(\w+) (\w+)$/gm)].map(
      ([, name, type]) => `${name} ${type}`,
    );
    expect(types).to.have.members([
      'build_info gauge',
      'api_requests_total counter',
      'api_request_duration_seconds histogram',
      'api_wait_seconds histogram',
      'api_backlog gauge',
      'api_budget_calls_per_second gauge',
      'api_demand_calls_per_second gauge',
      'interval_stretch_ratio gauge',
      'api_load_ratio gauge',
      'api_last_throttled_timestamp_seconds gauge',
      'identity_jobs gauge',
      'cluster_jobs gauge',
      'poll_lag_seconds histogram',
      'status_writes_total counter',
      'events_dropped_total counter',
      'reconciles_total counter',
      'reconcile_duration_seconds histogram',
      'watch_last_progress_timestamp_seconds gauge',
      'watch_refused gauge',
      'shared_budget gauge',
      'leading gauge',
      'jobs gauge',
      'per_object_metrics_suppressed gauge',
      'job_condition gauge',
      'job_condition_last_transition_timestamp_seconds gauge',
      'job_state gauge',
      'job_last_observation_timestamp_seconds gauge',
    ]);
    expect(text).to.contain('process_cpu_seconds_total');
  });

  it('have no quantiles of the event loop, whose timer would wake an idle process', async () => {
    const names = metrics.registry.getMetricsAsArray().map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('nodejs_eventloop'))).to.deep.equal([
      'nodejs_eventloop_lag_seconds',
    ]);
  });

  it('have at most a hundred codes, however many an endpoint makes up', async () => {
    metrics.called('GetEdgeTranscodeJob', 'OK', 0.2);
    for (let made = 0; made < 500; made += 1) metrics.called('GetEdgeTranscodeJob', `Made${made}`, 0.2);
    metrics.called('GetEdgeTranscodeJob', 'OK', 0.2);
    const lines = (await scrape()).filter((line) => line.startsWith('edgetranscode_api_requests_total'));
    expect(lines).to.have.length.within(50, 101);
    expect(lines).to.include('edgetranscode_api_requests_total{operation="GetEdgeTranscodeJob",code="OK"} 2');
    expect(lines.some((line) => line.includes('code="other"'))).to.equal(true);
    const calls = lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    expect(calls).to.equal(502);
  });

  it('have no code of an endpoint of a tenant, unless others gave it or it is common', async () => {
    const from = (whose: 'known' | 'tenant', code: string) =>
      metrics.called('GetEdgeTranscodeJob', code, 0.2, whose);
    for (let made = 0; made < 500; made += 1) from('tenant', `Made${made}`);
    from('known', 'NewCode');
    for (const code of ['NewCode', 'OK', 'Made1']) from('tenant', code);
    const lines = (await scrape()).filter((line) => line.startsWith('edgetranscode_api_requests_total'));
    const series = (code: string, calls: number) =>
      `edgetranscode_api_requests_total{operation="GetEdgeTranscodeJob",code="${code}"} ${calls}`;
    expect(lines).to.have.members([series('other', 501), series('NewCode', 2), series('OK', 1)]);
  });

  it('keep the codes that matter apart, although an endpoint made others up first', async () => {
    for (let made = 0; made < 500; made += 1) metrics.called('GetEdgeTranscodeJob', `Made${made}`, 0.2);
    const real = [
      'OK',
      'Throttling.User',
      'JobNotFound',
      'Forbidden.RAM',
      'ECONNREFUSED',
      'DeadlineExceeded',
    ];
    for (const code of real) metrics.called('GetEdgeTranscodeJob', code, 0.2);
    expect(await scrape()).to.include.members(
      real.map(
        (code) => `edgetranscode_api_requests_total{operation="GetEdgeTranscodeJob",code="${code}"} 1`,
      ),
    );
  });

  it('count events', async () => {
    metrics.called('GetEdgeTranscodeJob', 'OK', 0.2);
    metrics.called('GetEdgeTranscodeJob', 'OK', 0.2);
    metrics.called('GetEdgeTranscodeJob', 'JobNotFound', 0.2);
    metrics.waited('urgent', 3);
    metrics.pollLagged(0.5);
    metrics.wrote('conflict');
    metrics.droppedEvent();
    metrics.reconciled('pollAt', 1);
    expect(await scrape()).to.include.members([
      'edgetranscode_api_requests_total{operation="GetEdgeTranscodeJob",code="OK"} 2',
      'edgetranscode_api_requests_total{operation="GetEdgeTranscodeJob",code="JobNotFound"} 1',
      'edgetranscode_api_request_duration_seconds_count{operation="GetEdgeTranscodeJob"} 3',
      'edgetranscode_api_wait_seconds_sum{priority="urgent"} 3',
      'edgetranscode_poll_lag_seconds_sum 0.5',
      'edgetranscode_status_writes_total{result="conflict"} 1',
      'edgetranscode_events_dropped_total 1',
      'edgetranscode_reconciles_total{outcome="pollAt"} 1',
      'edgetranscode_reconcile_duration_seconds_sum 1',
    ]);
  });

  it('read the states at each scrape', async () => {
    expect(await scrape()).to.include.members([
      'edgetranscode_build_info{version="1.2.3"} 1',
      'edgetranscode_api_backlog{identity="media/account",priority="scheduled"} 4',
      'edgetranscode_api_demand_calls_per_second{identity="media/account"} 2.5',
      'edgetranscode_api_budget_calls_per_second{identity="media/account"} 50',
      'edgetranscode_interval_stretch_ratio{identity="media/account"} 1.25',
      'edgetranscode_api_load_ratio{identity="media/account"} 0.85',
      'edgetranscode_identity_jobs{identity="default",reason="ObservationSucceeded"} 1',
      'edgetranscode_watch_last_progress_timestamp_seconds 1700000001',
      'edgetranscode_watch_refused{namespace="media"} 1',
      'edgetranscode_leading 1',
      'edgetranscode_jobs{state="Running"} 1',
      'edgetranscode_jobs{state="NotStarted"} 0',
      'edgetranscode_jobs{state="NotFound"} 0',
      'edgetranscode_jobs{state="Unknown"} 0',
      'edgetranscode_per_object_metrics_suppressed 0',
      'edgetranscode_job_condition{namespace="media",name="a",type="Ready",status="True"} 1',
      'edgetranscode_job_condition{namespace="media",name="a",type="Fresh",status="True"} 1',
      'edgetranscode_job_condition_last_transition_timestamp_seconds{namespace="media",name="a",type="Fresh",status="True"} 1767225600',
      'edgetranscode_job_state{namespace="media",name="a",state="Running",identity="default"} 1',
      'edgetranscode_job_last_observation_timestamp_seconds{namespace="media",name="a"} 1700000000',
    ]);
  });

  it('have only the current state and status of an object', async () => {
    await scrape();
    const [ready] = RUNNING.conditions ?? [];
    if (ready) jobs = [job('a', { state: 'NotFound', conditions: [{ ...ready, status: 'False' }] })];
    const own = (await scrape()).filter((line) => line.includes('name="a"'));
    expect(own).to.have.members([
      'edgetranscode_job_condition{namespace="media",name="a",type="Ready",status="False"} 1',
      'edgetranscode_job_condition_last_transition_timestamp_seconds{namespace="media",name="a",type="Ready",status="False"} 1767225600',
      'edgetranscode_job_state{namespace="media",name="a",state="NotFound",identity="default"} 1',
      'edgetranscode_job_last_observation_timestamp_seconds{namespace="media",name="a"} 1700000000',
    ]);
  });

  it('of an object disappear with the object', async () => {
    await scrape();
    jobs = [job('b')];
    const text = (await scrape()).join('\n');
    expect(text).to.contain('name="b"').and.not.contain('name="a"');
    jobs = [];
    expect((await scrape()).join('\n')).not.to.contain('name="');
  });

  it('of a refused namespace disappear once it is not refused any more', async () => {
    await scrape();
    sources.refusedNamespaces = () => ['news'];
    expect((await scrape()).filter((line) => line.includes('watch_refused{'))).to.deep.equal([
      'edgetranscode_watch_refused{namespace="news"} 1',
    ]);
  });

  it('leave out a condition of a type that the operator does not have', async () => {
    const [condition] = Array.from(RUNNING.conditions ?? []);
    if (condition) jobs = [job('a', { conditions: [{ ...condition, type: 'MadeUp' as 'Ready' }] })];
    expect((await scrape()).join('\n')).not.to.contain('MadeUp');
  });

  it('of an object that was never visited or observed show only known values', async () => {
    jobs = [job('never', {})];
    const own = (await scrape()).filter((line) => line.includes('name="never"'));
    expect(own).to.deep.equal([
      'edgetranscode_job_state{namespace="media",name="never",state="Unknown",identity="default"} 1',
    ]);
  });

  it('name their shard', async () => {
    const made = new Metrics({ version: '1.2.3', shard: 'sports', perObjectLimit: 10 });
    made.watch(sources);
    made.wrote('written');
    for (const line of await scrape(made)) expect(line).to.contain('shard="sports"');
    expect((await scrape()).join('\n')).not.to.contain('shard');
  });

  it('show whether budgets are shared, where they can be', async () => {
    expect((await scrape()).join('\n')).not.to.contain('shared_budget');
    sources.sharesBudgets = () => true;
    expect(await scrape()).to.include('edgetranscode_shared_budget 1');
    sources.sharesBudgets = () => false;
    expect(await scrape()).to.include('edgetranscode_shared_budget 0');
  });

  it('are only aggregates above the limit, and show that', async () => {
    jobs = Array.from({ length: 11 }, (_, index) => job(`j${index}`));
    const lines = await scrape();
    expect(lines.join('\n')).not.to.contain('name="');
    expect(lines).to.include.members([
      'edgetranscode_jobs{state="Running"} 11',
      'edgetranscode_per_object_metrics_suppressed 1',
    ]);
    jobs.pop();
    expect((await scrape()).filter((line) => line.startsWith('edgetranscode_job_state'))).to.have.length(10);
  });

  it('are never per object when the limit is 0', async () => {
    const lines = await scrape(newMetrics(0));
    expect(lines.join('\n')).not.to.contain('name="');
    expect(lines).to.include('edgetranscode_per_object_metrics_suppressed 1');
  });

  it('show the greatest stretch of the namespaces that use a credential', async () => {
    sources.stretches = () => [1, 1.5625, 1.25].map((factor) => ['default', factor] as const);
    expect((await scrape()).filter((line) => line.includes('stretch'))).to.deep.equal([
      'edgetranscode_interval_stretch_ratio{identity="default"} 1.5625',
    ]);
  });

  describe('by credential', () => {
    beforeEach(() => {
      const identities = ['default', 'media/a', 'media/b', 'news/c'];
      sources.demand = () => new Map(identities.map((identity, index) => [identity, index + 1]));
      sources.budgetOf = (identity) => (identity === 'media/b' ? 5 : 50);
      sources.stretches = () => identities.map((identity, index) => [identity, 1 + index / 4] as const);
      sources.loads = () => new Map(identities.map((identity, index) => [identity, index / 2]));
      sources.lastThrottledAt = (identity) => ({ 'media/a': 100, 'news/c': 300 })[identity];
      sources.backlog = () =>
        identities.flatMap((identity, index) => [
          { identity, priority: 'urgent', waiting: index },
          { identity, priority: 'retry', waiting: 10 * index },
        ]);
    });

    async function scrapeCredentials(perObjectLimit: number): Promise<string[]> {
      const lines = await scrape(newMetrics(perObjectLimit));
      return lines.filter((line) => /^edgetranscode_(api|interval)_.*identity=/.test(line));
    }

    it('are all shown up to the limit', async () => {
      const lines = await scrapeCredentials(4);
      expect(lines).to.have.length(6 * 4 + 2);
      expect(lines.join('\n')).to.contain('identity="news/c"').and.not.contain('other');
    });

    it('show all Secrets as one above the limit, and the operator itself still by its name', async () => {
      expect(await scrapeCredentials(3)).to.have.members([
        'edgetranscode_api_demand_calls_per_second{identity="default"} 1',
        'edgetranscode_api_demand_calls_per_second{identity="other"} 9',
        'edgetranscode_api_budget_calls_per_second{identity="default"} 50',
        'edgetranscode_api_budget_calls_per_second{identity="other"} 5',
        'edgetranscode_interval_stretch_ratio{identity="default"} 1',
        'edgetranscode_interval_stretch_ratio{identity="other"} 1.75',
        'edgetranscode_api_load_ratio{identity="default"} 0',
        'edgetranscode_api_load_ratio{identity="other"} 1.5',
        'edgetranscode_api_last_throttled_timestamp_seconds{identity="other"} 300',
        'edgetranscode_api_backlog{identity="default",priority="urgent"} 0',
        'edgetranscode_api_backlog{identity="other",priority="urgent"} 6',
        'edgetranscode_api_backlog{identity="default",priority="retry"} 0',
        'edgetranscode_api_backlog{identity="other",priority="retry"} 60',
      ]);
    });

    it('name no Secret when the limit is 0', async () => {
      expect((await scrapeCredentials(0)).join('\n')).not.to.match(/media|news/);
    });
  });

  describe('of objects by credential', () => {
    const ready = (reason: string): EdgeTranscodeJobStatus => {
      const [condition] = Array.from(RUNNING.conditions ?? []);
      return { conditions: condition ? [{ ...condition, reason: reason as Reason }] : [] };
    };
    beforeEach(() => {
      jobs = [
        job('a'),
        job('b'),
        aJob().named('c').withSecret('key').storing(ready('AuthenticationFailed')).build(),
        aJob().named('d', 'news').withSecret('key').storing(ready('AuthenticationFailed')).build(),
        aJob().named('e').withSecret('key').build(),
        job('f', ready('MadeUpByAnotherClient')),
      ];
    });

    async function counts(perObjectLimit: number): Promise<string[]> {
      const lines = await scrape(newMetrics(perObjectLimit));
      return lines.filter((line) => line.startsWith('edgetranscode_identity_jobs'));
    }

    it('are counted by the reason of Ready, of which only known ones are shown', async () => {
      expect(await counts(3)).to.have.members([
        'edgetranscode_identity_jobs{identity="default",reason="ObservationSucceeded"} 2',
        'edgetranscode_identity_jobs{identity="default",reason="other"} 1',
        'edgetranscode_identity_jobs{identity="media/key",reason="AuthenticationFailed"} 1',
        'edgetranscode_identity_jobs{identity="media/key",reason="none"} 1',
        'edgetranscode_identity_jobs{identity="news/key",reason="AuthenticationFailed"} 1',
      ]);
    });

    it('are counted for all Secrets as one above the limit', async () => {
      expect(await counts(2)).to.have.members([
        'edgetranscode_identity_jobs{identity="default",reason="ObservationSucceeded"} 2',
        'edgetranscode_identity_jobs{identity="default",reason="other"} 1',
        'edgetranscode_identity_jobs{identity="other",reason="AuthenticationFailed"} 2',
        'edgetranscode_identity_jobs{identity="other",reason="none"} 1',
      ]);
    });
  });

  it('leave out a transition whose time another client made unreadable', async () => {
    const [condition] = Array.from(RUNNING.conditions ?? []);
    if (condition) jobs = [job('a', { conditions: [{ ...condition, lastTransitionTime: 'yesterday' }] })];
    const own = (await scrape()).filter((line) => line.includes('name="a"'));
    expect(own).to.include(
      'edgetranscode_job_condition{namespace="media",name="a",type="Ready",status="True"} 1',
    );
    expect(own.join('\n')).not.to.contain('transition');
  });

  it('are rendered in slices, so that other work is not held up by many objects', async () => {
    const turnsWith = async (objects: number) => {
      jobs = Array.from({ length: objects }, (_, index) => job(`j${index}`));
      const rendering = newMetrics(objects).render();
      let turns = 0;
      let isRendered = false;
      void rendering.then(() => {
        isRendered = true;
      });
      for (; !isRendered; turns += 1) await new Promise((resolve) => setImmediate(resolve));
      return turns;
    };
    // Four gauges by object and one that counts objects, and a pause after at most 500 objects of each.
    expect((await turnsWith(5_000)) - (await turnsWith(0))).to.be.at.least(5 * 10);
  });

  it('have each object once, although objects come and go while they are rendered', async () => {
    const stored = new Map(Array.from({ length: 1_000 }, (_, index) => [index, job(`j${index}`)]));
    sources.jobs = () => stored.values();
    const rendering = newMetrics(10_000).render();
    let isRendered = false;
    void rendering.then(() => {
      isRendered = true;
    });
    for (let index = 0; !isRendered; index += 1) {
      stored.delete(index);
      stored.set(index, job(`j${index}`));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const lines = (await rendering).body.toString().split('\n');
    const states = lines.filter((line) => line.startsWith('edgetranscode_job_state{'));
    expect(states).to.have.length(1_000);
    expect(new Set(states).size).to.equal(1_000);
  });

  it('escape what the text format reserves', async () => {
    sources.demand = () => new Map([['a"b\\c', 1]]);
    expect(await scrape()).to.include('edgetranscode_api_demand_calls_per_second{identity="a\\"b\\\\c"} 1');
  });
});
