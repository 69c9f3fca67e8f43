import { expect } from 'chai';
import { aDifferingStatus } from '../../kit/samples/a-status.ts';
import { anObject, JOBS, listOf, Served } from './served.ts';

describe('kubectl etj status before an API server', () => {
  let served: Served;
  beforeEach(async () => {
    served = await Served.started();
  });
  afterEach(() => served[Symbol.asyncDispose]());

  const differing = anObject('two', { expectedState: 'Running', status: aDifferingStatus() });

  it('ends with 0 while no object is alarming, and with 1 when one is', async () => {
    served.holding(anObject('one'));
    expect((await served.run('status')).code).to.equal(0);
    served.holding(anObject('one'), differing);
    for (const format of ['table', 'wide', 'json', 'yaml', 'name'])
      expect((await served.run('status', '-o', format)).code, format).to.equal(1);
  });

  it('ends with 0 and a sentence where there is no object', async () => {
    served.holding();
    expect(await served.run('status')).to.deep.equal({
      code: 0,
      stdout: '',
      stderr: 'No EdgeTranscodeJobs found in namespace media; -A shows all namespaces.\n',
    });
  });

  it('shows the objects of all pages, also behind an empty one', async () => {
    const pages = new Map([
      [null, listOf([anObject('one')], 'a')],
      ['a', listOf([], 'b')],
      ['b', listOf([anObject('three')])],
    ]);
    served.on(JOBS, ({ query }) => ({ body: pages.get(query.get('continue')) }));
    expect((await served.run('status', '-o=name')).stdout).to.equal(
      'edgetranscodejob.edgetranscode.live/one\nedgetranscodejob.edgetranscode.live/three\n',
    );
  });

  it('requests fewer objects where a page has more than 4 MiB, and ends where one object has', async () => {
    const huge = anObject('one', { jobID: 'x'.repeat(4 * 1_024 * 1_024) });
    served.on(JOBS, ({ query }) => ({
      body: listOf([Number(query.get('limit')) > 62 ? huge : anObject('one')]),
    }));
    expect((await served.run('status', '-o=name')).stdout).to.contain('/one\n');
    expect(served.requests.map(({ query }) => query.get('limit'))).to.deep.equal(['500', '62']);
    served.on(JOBS, { body: listOf([huge]) });
    expect((await served.run('status')).code).to.equal(2);
  });

  it('prints in each format nothing that a terminal obeys', async () => {
    const hostile = 'x\u001b[2J\u202e\u009b1m\u2028y\u007f';
    const status = {
      ...aDifferingStatus(),
      job: { name: hostile },
      conditions: (aDifferingStatus().conditions ?? []).map((each) => ({
        ...each,
        message: `a\nb${hostile}`,
      })),
    };
    served.holding({
      ...anObject('one', { clusterID: hostile, jobID: hostile, expectedState: 'Running', status }),
    });
    const named = anObject(`name${hostile}`, { status });
    served.on(JOBS, { body: listOf([named]) });
    for (const format of ['table', 'wide', 'json', 'yaml', 'name']) {
      const { stdout, stderr } = await served.run('status', '-o', format);
      expect(stdout, format).to.contain('name');
      expect(`${stdout}${stderr}`.replaceAll('\n', ''), format).to.not.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }
    // A message is one line: another would look like an object of its own.
    const lines = (await served.run('status')).stdout.trimEnd().split('\n');
    expect(lines).to.have.lengthOf(2);
    expect(lines[1]).to.contain('a bx');
  });

  it('ends with what it has shown when it is stopped before its watch has listed', async () => {
    served.holding(anObject('one'), differing);
    served.onPrint = () => served.stop.abort();
    const { code, stdout } = await served.run('status', '-w');
    expect(stdout).to.contain('NotAsExpected');
    expect(code).to.equal(1);
  });

  it('is about the namespace of the context where a name is empty, as it is for kubectl', async () => {
    served.holding(anObject('one'));
    const { code, stdout } = await served.run('status', '-n', '', '--context=', '--kubeconfig=', '-o=name');
    expect([code, stdout]).to.deep.equal([0, 'edgetranscodejob.edgetranscode.live/one\n']);
    expect(served.count(JOBS)).to.equal(1);
  });

  it('prints while it watches each change once, deletions in words, and ends with the last state', async () => {
    const one = anObject('one', { expectedState: 'Running' });
    served.holding(one);
    const changed = { ...one, status: aDifferingStatus() };
    let steps = 0;
    served.onPrint = (text) => {
      if (text.startsWith('NAME')) return;
      steps += 1;
      if (steps === 1) {
        // The same again changes nothing that is shown.
        served.send(one);
        served.send(changed);
        served.send(changed);
      } else if (steps === 2) {
        served.send(changed, 'DELETED');
        served.send(anObject('three'), 'ADDED');
      } else if (steps === 3) served.send(differing, 'ADDED');
      else served.stop.abort();
    };
    const { code, stdout, stderr } = await served.run('status', '-w');
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/).slice(0, 2));
    expect(lines).to.deep.equal([
      ['NAME', 'PROBLEM'],
      ['one', '-'],
      ['one', 'NotAsExpected'],
      ['three', '-'],
      ['two', 'NotAsExpected'],
    ]);
    expect(stderr).to.equal('1 object: 1 fine\nmedia/one was deleted\n');
    expect(code).to.equal(1);
  });
});
