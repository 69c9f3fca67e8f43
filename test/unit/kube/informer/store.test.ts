// The store holds the newest version of every object and reports each change once.

import { expect } from 'chai';
import type { EdgeTranscodeJob } from '../../../../src/api/edge-transcode-job.ts';
import { nameOf, objectKey } from '../../../../src/base/object-key.ts';
import { Store } from '../../../../src/kube/informer/store.ts';
import { aJob } from '../../kit/samples/a-job.ts';
import { aRunningStatus } from '../../kit/samples/a-status.ts';

describe('the store', () => {
  let store: Store;
  let changes: string[];
  beforeEach(() => {
    changes = [];
    store = new Store([undefined]);
    store.subscribe((key, { before, after }) => changes.push(`${key} ${shown(before)} → ${shown(after)}`));
  });

  function job(name: string, version: number, uid = `uid-${name}`): EdgeTranscodeJob {
    return aJob().named(name).uid(uid).version(version).build();
  }

  function list(...jobs: EdgeTranscodeJob[]): void {
    store.take({ kind: 'relisting' });
    for (const one of jobs) store.take({ kind: 'found', job: one });
    store.take({ kind: 'listed' });
  }

  function takeChanges(): string[] {
    return changes.splice(0);
  }

  it('reports each object that is added, changed and removed', () => {
    store.take({ kind: 'applied', job: job('a', 1) });
    store.take({ kind: 'applied', job: job('a', 2) });
    store.take({ kind: 'deleted', job: job('a', 3) });
    expect(changes).to.deep.equal([
      'media/a none → uid-a@1',
      'media/a uid-a@1 → uid-a@2',
      'media/a uid-a@2 → none',
    ]);
    expect(store.size).to.equal(0);
  });

  it('holds the newest version of each object', () => {
    list(job('a', 1), job('b', 2));
    store.take({ kind: 'applied', job: job('a', 3) });
    expect(store.get('media/a')?.resourceVersion).to.equal('3');
    expect([...store.keys()]).to.deep.equal(['media/a', 'media/b']);
    expect([...store.values()].map(({ key }) => nameOf(key))).to.deep.equal(['a', 'b']);
  });

  it('holds once what two versions of an object have in common', () => {
    const status = aRunningStatus();
    const version = (number: number, more: Partial<EdgeTranscodeJob>) =>
      structuredClone({ ...job('a', number), status, ...more });
    store.apply(version(1, {}));
    const { spec, status: first } = store.get('media/a') as EdgeTranscodeJob;
    const renamed = { ...status, job: { ...status.job, name: 'renamed' } };
    store.apply(version(2, { status: renamed }));
    const second = store.get('media/a');
    expect([second?.spec === spec, second?.status.job]).to.deep.equal([true, renamed.job]);
    store.apply(version(3, { status: renamed, spec: { ...spec, interval: '5m' } }));
    const third = store.get('media/a');
    expect(third?.spec).to.deep.equal({ ...spec, interval: '5m' });
    expect(third?.status.job).to.equal(second?.status.job);
    expect(first.job).to.deep.equal(status.job);
  });

  it('ignores older and known versions', () => {
    store.take({ kind: 'applied', job: job('a', 10) });
    takeChanges();
    store.take({ kind: 'applied', job: job('a', 9) });
    store.take({ kind: 'applied', job: job('a', 10) });
    expect(changes).to.deep.equal([]);
    expect(store.get('media/a')?.resourceVersion).to.equal('10');
  });

  it('removes an object that another call shows in another shard', () => {
    list(job('a', 1), job('b', 2));
    takeChanges();
    store.update(aJob().named('a').uid('uid-a').version(3).ofShard('sports').build());
    expect(changes).to.deep.equal(['media/a uid-a@1 → none']);
  });

  it('keeps an object that has returned from another shard since another call was answered', () => {
    list(job('a', 5));
    takeChanges();
    store.update(aJob().named('a').uid('uid-a').version(4).ofShard('sports').build());
    expect(changes).to.deep.equal([]);
    expect(store.get('media/a')?.resourceVersion).to.equal('5');
  });

  it('of a shard updates its objects by the answers of other calls, and removes those without a label', () => {
    store = new Store([undefined], 'sports');
    const mine = aJob().named('a').uid('uid-a').ofShard('sports');
    list(mine.version(1).build());
    store.update(mine.version(2).build());
    expect(store.get('media/a')?.resourceVersion).to.equal('2');
    store.update(job('a', 3));
    expect(store.size).to.equal(0);
  });

  it('compares versions as numbers of any size', () => {
    const big = '90071992547409930';
    store.apply({ ...job('a', 1), resourceVersion: big });
    store.apply({ ...job('a', 1), resourceVersion: '90071992547409931' });
    store.apply({ ...job('a', 1), resourceVersion: '9' });
    expect(store.get('media/a')?.resourceVersion).to.equal('90071992547409931');
  });

  it('accepts any other version when they are not numbers', () => {
    store.apply({ ...job('a', 1), resourceVersion: 'x' });
    store.apply({ ...job('a', 1), resourceVersion: 'w' });
    expect(store.get('media/a')?.resourceVersion).to.equal('w');
  });

  it('removes objects that a new list lacks, only when the list is complete', () => {
    list(job('a', 1), job('b', 2));
    takeChanges();
    store.take({ kind: 'relisting' });
    store.take({ kind: 'found', job: job('a', 1) });
    expect(store.get('media/b')).to.not.equal(undefined);
    store.take({ kind: 'listed' });
    expect(changes).to.deep.equal(['media/b uid-b@2 → none']);
  });

  it('keeps objects that an interrupted list had not reached', () => {
    list(job('a', 1), job('b', 2));
    store.take({ kind: 'relisting' });
    store.take({ kind: 'found', job: job('a', 1) });
    list(job('a', 1), job('b', 2));
    expect([...store.keys()]).to.deep.equal(['media/a', 'media/b']);
  });

  describe('of an API server whose etcd was restored from a backup', () => {
    it('takes the older versions of a list, and reports them', () => {
      list(job('a', 500), job('b', 510), job('c', 520));
      takeChanges();
      list(job('a', 301), job('b', 510));
      expect(changes).to.deep.equal(['media/a uid-a@500 → uid-a@301', 'media/c uid-c@520 → none']);
      expect(store.get('media/a')?.resourceVersion).to.equal('301');
    });

    it('takes an object whose version was given a second time', () => {
      list(job('a', 500), job('b', 510));
      takeChanges();
      list({ ...job('a', 500), generation: 7 }, job('b', 490));
      expect(store.get('media/a')?.generation).to.equal(7);
    });

    for (const [what, other] of [
      ['was another object', { uid: 'uid-other' }],
      ['had another request', { requestedAt: 'later' }],
      ['had another status', { status: { lastObservedTime: '2026-01-01T00:00:00Z' } }],
    ] as const)
      it(`takes the version that ${what}, although its number is the same`, () => {
        list(job('a', 500));
        list({ ...job('a', 500), ...other });
        expect(store.get('media/a')).to.deep.include(other);
      });

    it('takes the older version that a read brings', () => {
      list(job('a', 500));
      store.takeRead(job('a', 301), store.get('media/a'));
      expect(store.get('media/a')?.resourceVersion).to.equal('301');
    });

    it('takes later events of the watch after that', () => {
      list(job('a', 500));
      list(job('a', 301));
      store.take({ kind: 'applied', job: job('a', 302) });
      expect(store.get('media/a')?.resourceVersion).to.equal('302');
    });
  });

  it('keeps what was written while a list was under way', () => {
    list(job('a', 5));
    store.take({ kind: 'relisting' });
    store.update(job('a', 6));
    store.take({ kind: 'found', job: job('a', 5) });
    store.take({ kind: 'listed' });
    expect(store.get('media/a')?.resourceVersion).to.equal('6');
  });

  it('keeps what the watch brought while a read was under way', () => {
    list(job('a', 5));
    const known = store.get('media/a');
    store.take({ kind: 'applied', job: job('a', 7) });
    store.takeRead(job('a', 6), known);
    store.takeRead(aJob().named('a').uid('uid-a').version(6).ofShard('sports').build(), known);
    expect(store.get('media/a')?.resourceVersion).to.equal('7');
  });

  it('removes an object that a read shows in another shard', () => {
    list(job('a', 5));
    store.takeRead(aJob().named('a').uid('uid-a').version(6).ofShard('sports').build(), store.get('media/a'));
    expect(store.size).to.equal(0);
  });

  describe('with an object that is being deleted, which a finalizer holds', () => {
    const marked = (version: number, uid = 'uid-a') =>
      aJob().named('a').uid(uid).version(version).deleting().build();

    it('removes it when the watch marks it, and reports nothing more of it', () => {
      list(job('a', 1));
      takeChanges();
      for (const version of [2, 3]) store.take({ kind: 'applied', job: marked(version) });
      store.take({ kind: 'deleted', job: marked(4) });
      expect(changes).to.deep.equal(['media/a uid-a@1 → none']);
    });

    it('does not take it from a list', () => {
      list(marked(1), job('b', 2));
      list(marked(1), job('b', 2));
      expect(changes).to.deep.equal(['media/b none → uid-b@2']);
    });

    it('removes it when the answer to a write shows the mark, though the watch lags', () => {
      list(job('a', 1));
      store.update(marked(3));
      store.take({ kind: 'applied', job: job('a', 2) });
      expect(store.size).to.equal(0);
    });

    it('removes it when a read shows the mark', () => {
      list(job('a', 1));
      store.takeRead(marked(3), store.get('media/a'));
      expect(store.size).to.equal(0);
    });

    it('takes the object that is created under its name afterwards', () => {
      store.take({ kind: 'applied', job: marked(3) });
      store.take({ kind: 'applied', job: job('a', 5, 'uid-new') });
      expect(store.get('media/a')?.uid).to.equal('uid-new');
    });

    it('takes it back when a list shows it without the mark, as after a restore of etcd', () => {
      list(job('a', 1));
      store.take({ kind: 'applied', job: marked(3) });
      list(job('a', 1));
      expect(store.size).to.equal(1);
    });
  });

  it('knows whether a list is complete', () => {
    expect(store.isListed).to.equal(false);
    store.take({ kind: 'relisting' });
    expect(store.isListed).to.equal(false);
    store.take({ kind: 'listed' });
    store.take({ kind: 'relisting' });
    expect(store.isListed).to.equal(true);
  });

  it('reports both objects when one was recreated under the same name unobserved', () => {
    list(job('a', 1));
    takeChanges();
    list(job('a', 5, 'uid-new'));
    expect(changes).to.deep.equal(['media/a uid-a@1 → uid-new@5']);
  });

  it('does not apply the late deletion of the old object to the new one', () => {
    store.take({ kind: 'applied', job: job('a', 5, 'uid-new') });
    store.take({ kind: 'deleted', job: job('a', 6, 'uid-a') });
    expect(store.get('media/a')?.uid).to.equal('uid-new');
  });

  it('ignores the deletion of an unknown object', () => {
    store.take({ kind: 'deleted', job: job('a', 1) });
    store.remove('media/a');
    expect(changes).to.deep.equal([]);
  });

  describe('of several namespaces', () => {
    function of(namespace: string, name: string, version: number): EdgeTranscodeJob {
      return { ...job(name, version), namespace, key: objectKey(namespace, name) };
    }

    function listOf(namespace: string, ...jobs: EdgeTranscodeJob[]): void {
      store.take({ kind: 'relisting' }, namespace);
      for (const one of jobs) store.take({ kind: 'found', job: one }, namespace);
      store.take({ kind: 'listed' }, namespace);
    }

    beforeEach(() => {
      store = new Store(['media', 'sports']);
    });

    it('removes missing objects of the listed namespace, and none of another', () => {
      listOf('media', of('media', 'a', 1), of('media', 'b', 2));
      listOf('sports', of('sports', 'a', 3));
      listOf('media', of('media', 'a', 1));
      expect([...store.keys()]).to.deep.equal(['media/a', 'sports/a']);
    });

    it('keeps concurrent lists apart', () => {
      listOf('media', of('media', 'a', 1), of('media', 'b', 2));
      listOf('sports', of('sports', 'a', 3), of('sports', 'b', 4));
      store.take({ kind: 'relisting' }, 'media');
      store.take({ kind: 'relisting' }, 'sports');
      store.take({ kind: 'found', job: of('media', 'a', 1) }, 'media');
      store.take({ kind: 'found', job: of('sports', 'b', 4) }, 'sports');
      store.take({ kind: 'listed' }, 'sports');
      expect([...store.keys()]).to.deep.equal(['media/a', 'media/b', 'sports/b']);
      store.take({ kind: 'listed' }, 'media');
      expect([...store.keys()]).to.deep.equal(['media/a', 'sports/b']);
    });

    it('is listed when each namespace is, and names those that are not', () => {
      expect(store.awaited).to.deep.equal(['media', 'sports']);
      listOf('sports');
      expect(store.isListed).to.equal(false);
      expect(store.awaited).to.deep.equal(['media']);
      expect(['media', 'sports'].map((namespace) => store.hasListed(namespace))).to.deep.equal([false, true]);
      listOf('media');
      expect(store.isListed).to.equal(true);
    });
  });

  describe('updated by the answer to a write', () => {
    it('reports it like any change', () => {
      list(job('a', 1));
      takeChanges();
      store.update(job('a', 2));
      expect(changes).to.deep.equal(['media/a uid-a@1 → uid-a@2']);
      store.take({ kind: 'applied', job: job('a', 2) });
      expect(changes).to.have.length(1);
    });

    it('does not bring back an object deleted meanwhile', () => {
      store.update(job('a', 2));
      expect(store.get('media/a')).to.equal(undefined);
    });

    it('does not keep an object that the list under way lacks', () => {
      list(job('a', 1), job('b', 2));
      store.take({ kind: 'relisting' });
      store.take({ kind: 'found', job: job('b', 2) });
      store.update(job('a', 3));
      store.take({ kind: 'listed' });
      expect([...store.keys()]).to.deep.equal(['media/b']);
    });

    it('does not bring back an object replaced meanwhile', () => {
      store.take({ kind: 'applied', job: job('a', 5, 'uid-new') });
      store.update(job('a', 9, 'uid-a'));
      expect(store.get('media/a')?.uid).to.equal('uid-new');
    });
  });
});

function shown(job: EdgeTranscodeJob | undefined): string {
  return job ? `${job.uid}@${job.resourceVersion}` : 'none';
}
