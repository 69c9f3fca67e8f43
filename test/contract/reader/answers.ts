/**
 * What a reader answers: the job, or one of the known kinds of failure, in a message without foreign text.
 */
import { expect } from 'chai';
import { DEFAULT_ACCOUNT_ID, DEFAULT_CLUSTER_ID } from '../../../simulator/seed.ts';
import type { NewFault } from '../../../simulator/world/cloud-world.ts';
import type { FailureKind } from '../../../src/job/model/failures.ts';
import { CALL_MS, failureOf, outcomes, RUNNING_JOB_ID, type Subject } from '../cloud-subject.ts';
import { type NewReader, withSubject } from '../with-subject.ts';

export function readerAnswers(newReader: NewReader): void {
  describe('answers', () => {
    const newSubject = withSubject(newReader);
    let subject: Subject;
    beforeEach(() => {
      subject = newSubject();
    });

    it('the job as it is, with the destination and the time of the call', async () => {
      const sentAt = subject.clock.now();
      const answer = await subject.observe();
      expect(answer).to.deep.include({
        kind: 'observed',
        destination: { endpoint: subject.cloud.url, regionID: 'cn-shanghai' },
        sentAt,
      });
      expect(answer.kind === 'observed' && answer.job).to.deep.equal({
        createTime: '2023-07-24T16:44:55Z',
        jobID: RUNNING_JOB_ID,
        lastStartAt: '2023-07-25T02:48:58Z',
        name: 'stream1-hd',
        status: '1',
        streamInput: `rtmp://push.example.com/app/stream-${RUNNING_JOB_ID.slice(0, 8)}`,
        streamOutput: `rtmp://play.example.com/app/stream-${RUNNING_JOB_ID.slice(0, 8)}`,
        templateID: '9b1571b513cb44f7a1ba6ae561ff0000',
        templateName: 'my_template',
        type: 'common',
      });
    });

    it('the changed job after a change', async () => {
      await subject.observe();
      await subject.cloud.stopJob({ jobID: RUNNING_JOB_ID });
      const answer = await subject.observe();
      expect(answer.kind === 'observed' && answer.job.status).to.equal('0');
    });

    it('for IDs with every character that has to be encoded', async () => {
      const jobID = "a+b*c~d/e?f&g=h%i'j直播";
      await subject.cloud.createJob({ clusterID: DEFAULT_CLUSTER_ID, jobID });
      expect(await outcomes([subject.observe({ jobID })])).to.deep.equal(['observed']);
    });

    it('an unknown status unchanged, and no invalid time', async () => {
      const Job = { JobId: RUNNING_JOB_ID, Status: '7', LastStartAt: 'soon', LastStopAt: '' };
      await subject.cloud.addFault({ kind: 'body', body: { Job } });
      const answer = await subject.observe();
      expect(answer.kind === 'observed' && answer.job).to.deep.equal({ jobID: RUNNING_JOB_ID, status: '7' });
    });

    it('JobNotFound for a job that is not there, or no longer', async () => {
      expect(await subject.failure({ jobID: 'no-such-job' })).to.include({ kind: 'JobNotFound' });
      await subject.cloud.removeJob({ jobID: RUNNING_JOB_ID });
      expect(await subject.failure()).to.include({ kind: 'JobNotFound' });
    });

    it('PermissionDenied where the permission was taken away, and the job once it is given back', async () => {
      for (const code of ['NoPermission', 'Forbidden.RAM', 'Forbidden'] as const) {
        await subject.cloud.deny({ action: 'GetEdgeTranscodeJob', code });
        const { kind, message } = await subject.failure();
        expect(kind).to.equal('PermissionDenied');
        expect(message).to.contain('live:GetEdgeTranscodeJob');
        await subject.cloud.allow({});
        expect(await outcomes([subject.observe()])).to.deep.equal(['observed']);
      }
    });

    it('OperationDenied for an account without the service', async () => {
      await subject.cloud.modifyAccount({ accountID: DEFAULT_ACCOUNT_ID, enabled: false });
      expect(await subject.failure()).to.include({ kind: 'OperationDenied' });
    });

    const CANARY = 'CANARY https://canary.example/?auth_key=CANARY';
    const FAULTS: [NewFault, FailureKind][] = [
      [{ kind: 'error', status: 400, code: 'InvalidParameter', message: CANARY }, 'InvalidReference'],
      [{ kind: 'error', status: 400, code: 'InvalidTimeStamp.Expired', message: CANARY }, 'ClockSkewed'],
      [{ kind: 'throttle' }, 'Throttled'],
      [{ kind: 'throttle', code: 'Throttling.Api' }, 'Throttled'],
      [{ kind: 'error', status: 503, code: 'ServiceUnavailable', message: CANARY }, 'ServerError'],
      [{ kind: 'error', status: 500, code: 'InternalError', message: CANARY }, 'ServerError'],
      [{ kind: 'error', status: 404, code: 'InvalidAction.NotFound', message: CANARY }, 'UnexpectedResponse'],
      [{ kind: 'html', status: 502, page: `<html>${CANARY}</html>` }, 'UnexpectedResponse'],
      [{ kind: 'html', status: 200, page: `<html>${CANARY}</html>` }, 'UnexpectedResponse'],
      [{ kind: 'empty' }, 'UnexpectedResponse'],
      [{ kind: 'empty', status: 503 }, 'UnexpectedResponse'],
      [{ kind: 'truncated', contentLength: 'honest' }, 'UnexpectedResponse'],
      [{ kind: 'truncated', contentLength: 'dishonest' }, 'ConnectionFailed'],
      [{ kind: 'reset' }, 'ConnectionFailed'],
      [{ kind: 'other-job', answeredJobID: CANARY }, 'UnexpectedResponse'],
      ...[CANARY, null, 7, [], {}, { Job: null }, { Job: [CANARY] }, { Job: {} }].map(
        (body): [NewFault, FailureKind] => [{ kind: 'body', body }, 'UnexpectedResponse'],
      ),
      ...[CANARY, null, 7, [CANARY]].map((body): [NewFault, FailureKind] => [
        { kind: 'body', status: 404, body },
        'UnexpectedResponse',
      ]),
      [{ kind: 'body', status: 404, body: { Message: CANARY } }, 'UnexpectedResponse'],
      [{ kind: 'body', status: 500, body: { Code: {}, Message: CANARY } }, 'ServerError'],
      [{ kind: 'body', status: 429, body: { Code: CANARY } }, 'Throttled'],
    ];
    for (const [fault, kind] of FAULTS) {
      it(`${kind} to ${JSON.stringify(fault).slice(0, 80)}, and the job when it has passed`, async () => {
        await subject.cloud.addFault({ ...fault, calls: 1 });
        const failure = await subject.failure();
        expect(failure.kind).to.equal(kind);
        expect(JSON.stringify(failure)).not.to.match(/canary|:\/\//i);
        await subject.clock.advance(1_000);
        expect(await outcomes([subject.observe()])).to.deep.equal(['observed']);
      });
    }

    it('Throttled when another tool has spent the quota', async () => {
      await subject.cloud.spendQuota({ accountID: DEFAULT_ACCOUNT_ID, calls: 6_000 });
      expect(await subject.failure()).to.include({ kind: 'Throttled' });
    });

    it('ConnectionFailed while the endpoint refuses connections, and the job afterwards', async () => {
      await subject.cloud.refuseConnections();
      expect(await subject.failure()).to.include({ kind: 'ConnectionFailed' });
      await subject.cloud.acceptConnections();
      expect(await outcomes([subject.observe()])).to.deep.equal(['observed']);
    });

    it('ConnectionFailed at the deadline when the endpoint does not answer', async () => {
      await subject.cloud.addFault({ kind: 'hang' });
      const answer = subject.observe();
      await subject.cloud.awaitCalls({ count: 1 });
      await subject.clock.advance(CALL_MS);
      expect(failureOf(await answer)).to.include({ kind: 'ConnectionFailed' });
    });

    it('with the same message for the same failure, so that it changes no status', async () => {
      const [one, other] = [
        await subject.failure({ jobID: 'none' }),
        await subject.failure({ jobID: 'none' }),
      ];
      expect(one).to.deep.equal(other);
    });

    it('with the request ID of a failure, for the log', async () => {
      expect(await subject.observe({ jobID: 'none' }))
        .to.have.property('requestID')
        .that.matches(/^[0-9A-F-]{36}$/);
    });

    it('the job when a nonce was used before: the request is signed and sent again, once', async () => {
      const fault = { kind: 'error', status: 400, code: 'SignatureNonceUsed' } as const;
      await subject.cloud.addFault({ ...fault, calls: 1 });
      expect(await outcomes([subject.observe()])).to.deep.equal(['observed']);
      expect(await subject.calls()).to.equal(2);
      await subject.cloud.addFault(fault);
      expect(await subject.failure()).to.include({ kind: 'UnexpectedResponse' });
      expect(await subject.calls()).to.equal(4);
    });
  });
}
