import { expect } from 'chai';
import { aDifferingStatus, aRunningStatus } from '../../kit/samples/a-status.ts';
import { anObject, handled, JOBS, requested, Served } from './served.ts';

describe('kubectl etj refresh before an API server', () => {
  let served: Served;
  beforeEach(async () => {
    served = await Served.started();
  });
  afterEach(() => served[Symbol.asyncDispose]());

  const one = anObject('one', { expectedState: 'Running' });
  const two = anObject('two');

  it('waits for the observation that it requested, and says what changed', async () => {
    served.holding(one, two).on(`PATCH ${JOBS}/one`, (request) => {
      // Another write of the status, and an answer to another request, are not what it waits for.
      served.send({ ...one, status: { ...aDifferingStatus(), lastHandledRequestedAt: 'another' } });
      served.send(handled({ ...one, status: aDifferingStatus() }, request));
      return { body: {} };
    });
    const { code, stdout, stderr } = await served.run('refresh', 'one');
    expect(stdout).to.match(/^media\/one Running -> NotStarted; problem None -> NotAsExpected; .+\n$/);
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(served.count(`${JOBS}/two`)).to.equal(0);
  });

  it('takes the observation of a later request, which replaced its own, and of no earlier one', async () => {
    const known = { ...two, status: { ...aRunningStatus(), lastHandledRequestedAt: 'old' } };
    const observed = (lastHandledRequestedAt: string) => ({
      ...requested(known, lastHandledRequestedAt),
      status: { ...aDifferingStatus(), state: lastHandledRequestedAt, lastHandledRequestedAt },
    });
    served.holding(known).on(`PATCH ${JOBS}/two`, ({ body }) => {
      const { annotations } = (body as ReturnType<typeof requested>).metadata as {
        annotations: Record<string, string>;
      };
      served.send(observed('earlier'));
      served.send(requested(known, Object.values(annotations)[0] ?? ''));
      served.send(observed('old'));
      served.send(requested(known, 'later'));
      served.send(observed('later'));
      return { body: {} };
    });
    const { code, stdout, stderr } = await served.run('refresh', 'two', '--timeout=2s');
    expect(stdout).to.match(/^media\/two Running -> later; .+\n$/);
    expect([code, stderr]).to.deep.equal([0, '']);
  });

  it('requests nothing of objects that are being deleted', async () => {
    served.holding({ ...one, metadata: { ...one.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
    expect(await served.run('refresh', '--all')).to.deep.equal({
      code: 0,
      stdout: '',
      stderr: 'No EdgeTranscodeJobs to refresh.\n',
    });
    expect((await served.run('refresh', 'one')).stderr).to.contain('there is no EdgeTranscodeJob media/one');
  });

  it('ends with 1 when the time is over, and names what was not observed', async () => {
    served
      .holding(one, two)
      .on(`PATCH ${JOBS}/one`, { body: {} })
      .on(`PATCH ${JOBS}/two`, (request) => {
        served.send(handled(two, request));
        return { body: {} };
      });
    const { code, stdout, stderr } = await served.run('refresh', '--all', '--timeout=400ms');
    expect(stdout).to.equal('media/two Running (unchanged)\n');
    expect(stderr).to.equal(
      'media/one was not observed within 0.4s; check that the operator runs, and its budget\n',
    );
    expect(code).to.equal(1);
  });

  it('waits for fractions of a millisecond, and for weeks', async () => {
    served.holding(one).on(`PATCH ${JOBS}/one`, { body: {} });
    expect((await served.run('refresh', 'one', '--timeout=50.5ms')).code).to.equal(1);
    served.on(`PATCH ${JOBS}/one`, (request) => {
      served.send(handled(one, request));
      return { body: {} };
    });
    const { code, stderr } = await served.run('refresh', 'one', '--timeout=600h');
    expect([code, stderr]).to.deep.equal([0, '']);
  });

  it('ends with 1 at Ctrl-C, and says how many it did not wait for', async () => {
    served.holding(one).on(`PATCH ${JOBS}/one`, () => {
      served.stop.abort();
      return { body: {} };
    });
    const { code, stdout, stderr } = await served.run('refresh', 'one');
    expect([code, stdout, stderr]).to.deep.equal([1, '', 'stopped; 1 of 1 were not observed yet\n']);
  });

  it('requests ten at a time, and none after Ctrl-C', async () => {
    const many = Array.from({ length: 30 }, (_, index) => anObject(`object-${index}`));
    served.holding(...many);
    for (const { metadata } of many)
      served.on(`PATCH ${JOBS}/${metadata.name}`, () => {
        served.stop.abort();
        return { body: {} };
      });
    const { code } = await served.run('refresh', '--all');
    const requests = served.requests.filter(({ method }) => method === 'PATCH').length;
    expect([code, requests]).to.deep.equal([1, 10]);
  });

  it('ends with 2 when it may not request', async () => {
    served.holding(one).on(`PATCH ${JOBS}/one`, { code: 403 });
    const { code, stdout, stderr } = await served.run('refresh', 'one');
    expect(stderr).to.contain('you may not patch edgetranscodejobs in namespace media');
    expect([code, stdout]).to.deep.equal([2, '']);
  });

  it('says that an object is gone instead of waiting for it', async () => {
    served.holding(one).on(`PATCH ${JOBS}/one`, () => {
      served.send(one, 'DELETED');
      return { body: {} };
    });
    const { code, stdout } = await served.run('refresh', 'one');
    expect([code, stdout]).to.deep.equal([0, 'media/one was deleted\n']);
  });

  it('requests nothing of suspended objects, which a name makes a complaint', async () => {
    served.holding(anObject('asleep', { suspend: true }));
    const named = await served.run('refresh', 'asleep');
    expect(named.stderr).to.contain('media/asleep is suspended');
    expect(named.code).to.equal(1);
    expect((await served.run('refresh', '--all')).code).to.equal(0);
    served.holding(anObject('asleep', { suspend: true }), two).on(`PATCH ${JOBS}/two`, (request) => {
      served.send(handled(two, request));
      return { body: {} };
    });
    expect((await served.run('refresh', 'asleep', 'two')).code).to.equal(1);
    expect(served.requests.flatMap(({ method, path }) => (method === 'PATCH' ? [path] : []))).to.deep.equal([
      `${JOBS}/two`,
    ]);
  });
});
