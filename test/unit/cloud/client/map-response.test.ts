// A body of any shape becomes a job, or an error that repeats none of it.

import { expect } from 'chai';
import { UnexpectedBody } from '../../../../src/cloud/client/call-errors.ts';
import { mapJob, mapJobResponse, mapListResponse } from '../../../../src/cloud/client/map-response.ts';

const JOB_ID = '5ad420b48fb04483915d4f2cd8ac0000';

const FIELDS = {
  CreateTime: '2023-07-24T16:44:55Z',
  JobId: JOB_ID,
  LastStartAt: '2023-07-25T02:48:58Z',
  LastStopAt: '2023-07-25T05:48:58Z',
  Name: 'my_job',
  Status: '0',
  StreamInput: 'rtmp://mydomain/app/stream1',
  StreamOutput: 'rtmp://testdomain/app/stream2',
  TemplateId: '9b1571b513cb44f7a1ba6ae561ff0000',
  TemplateName: 'my_template',
  Type: 'common',
};

describe('the body of an answer', () => {
  it('gives each field, under the names of the status', () => {
    expect(mapJobResponse({ Job: FIELDS, RequestId: 'R' }, JOB_ID)).to.deep.equal({
      createTime: '2023-07-24T16:44:55Z',
      jobID: JOB_ID,
      lastStartAt: '2023-07-25T02:48:58Z',
      lastStopAt: '2023-07-25T05:48:58Z',
      name: 'my_job',
      status: '0',
      streamInput: 'rtmp://mydomain/app/stream1',
      streamOutput: 'rtmp://testdomain/app/stream2',
      templateID: '9b1571b513cb44f7a1ba6ae561ff0000',
      templateName: 'my_template',
      type: 'common',
    });
  });

  const NO_JOB: [string, unknown][] = [
    ['nothing', undefined],
    ['null', null],
    ['a text', 'CANARY'],
    ['a list', [{ Job: FIELDS }]],
    ['an empty object', {}],
    ['a Job that is null', { Job: null }],
    ['a Job that is a text', { Job: 'CANARY' }],
    ['a Job that is a list', { Job: [FIELDS] }],
    ['an empty Job', { Job: {} }],
    ['a Job of empty texts', { Job: { JobId: '', Name: '', Status: '' } }],
    ['a Job of odd types', { Job: { JobId: {}, Name: [], Status: true, Type: null } }],
    ['an error with status 200', { Code: 'JobNotFound', Message: 'CANARY' }],
    ['another job', { Job: { ...FIELDS, JobId: 'CANARY' } }],
    ['another job by a number', { Job: { ...FIELDS, JobId: 7 } }],
  ];
  for (const [name, body] of NO_JOB)
    it(`is refused when it is ${name}, without repeating it`, () => {
      expect(() => mapJobResponse(body, JOB_ID))
        .to.throw(UnexpectedBody)
        .with.property('message')
        .not.match(/CANARY/);
    });

  it('is accepted with the ID in other letters, where both are hexadecimal, and keeps them', () => {
    const upper = JOB_ID.toUpperCase();
    expect(mapJobResponse({ Job: { ...FIELDS, JobId: upper } }, JOB_ID)).to.include({ jobID: upper });
    expect(mapJobResponse({ Job: FIELDS }, upper)).to.include({ jobID: JOB_ID });
    for (const [asked, given] of [
      ['job-one', 'JOB-ONE'],
      ['abc', 'ABCD'],
    ] as const)
      expect(() => mapJobResponse({ Job: { ...FIELDS, JobId: given } }, asked)).to.throw(UnexpectedBody);
  });

  it('is accepted without a job ID', () => {
    const { JobId: _id, ...rest } = FIELDS;
    expect(mapJobResponse({ Job: rest }, JOB_ID))
      .to.include({ name: 'my_job' })
      .and.not.have.property('jobID');
  });
});

describe('a job', () => {
  it('leaves out fields that are empty, missing or of another type', () => {
    const job = mapJob({
      ...FIELDS,
      Name: '',
      TemplateId: null,
      TemplateName: ['x'],
      Type: undefined,
      LastStopAt: '',
    });
    expect(job).not.to.have.any.keys('name', 'templateID', 'templateName', 'type', 'lastStopAt');
    expect(job).to.include({ jobID: JOB_ID });
  });

  it('keeps an unknown status and type', () => {
    expect(mapJob({ ...FIELDS, Status: '9', Type: 'holographic' })).to.include({
      status: '9',
      type: 'holographic',
    });
  });

  it('reads a status that is a number as text', () => {
    expect(mapJob({ ...FIELDS, Status: 1 })).to.include({ status: '1' });
    expect(mapJob({ ...FIELDS, Status: 0 })).to.include({ status: '0' });
  });

  it('cuts a value that is too long, but not inside a character', () => {
    const { name = '' } = mapJob({ ...FIELDS, Name: `${'a'.repeat(4_095)}😀` });
    expect(name).to.have.length(4_096);
    expect(name.isWellFormed()).to.equal(true);
  });

  const TIMES: [string, string | undefined][] = [
    ['2023-07-24T16:44:55Z', '2023-07-24T16:44:55Z'],
    ['2023-07-24T16:44:55.123Z', '2023-07-24T16:44:55Z'],
    ['2023-07-24T16:44Z', '2023-07-24T16:44:00Z'],
    ['2023-07-25T00:44:55+08:00', '2023-07-24T16:44:55Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
    ['2023-02-29T00:00:00Z', undefined],
    ['2023-02-31T00:00:00Z', undefined],
    ['2023-13-01T00:00:00Z', undefined],
    // The API server refuses the hour 24, which ISO 8601 allows.
    ['2023-07-24T24:00:00Z', '2023-07-25T00:00:00Z'],
    ['2023-07-24T25:00:00Z', undefined],
    ['2023-07-24T16:60:00Z', undefined],
    ['2023-07-24T16:44:60Z', undefined],
    ['0000-01-01T00:00:00+23:59', undefined],
    ['2023-07-24T16:44:55', undefined],
    ['3023-07-24T16:44:55Z', undefined],
    ['20-07-24T16:44:55Z', undefined],
    ['2ooo-07-24T16:44:55Z', undefined],
    ['2023-0o-24T16:44:55Z', undefined],
    ['2023-07-00T16:44:55Z', undefined],
    ['2023-07-1oT16:44:55Z', undefined],
    ['2023-07-24T0o:44:55Z', undefined],
    ['2023-07-24T16:60:55Z', undefined],
    ['2023-07-24T16:4o:55Z', undefined],
    ['2023-07-24T16:44:5oZ', undefined],
    ['2023-07-24', undefined],
    ['24 July 2023', undefined],
    ['1690217095', undefined],
    ['-', undefined],
    ['', undefined],
  ];
  for (const [given, shown] of TIMES)
    it(`${shown ? 'shows' : 'leaves out'} the time ${JSON.stringify(given)}${shown ? ` as ${shown}` : ''}`, () => {
      expect(mapJob({ ...FIELDS, CreateTime: given }).createTime).to.equal(shown);
    });

  it('leaves out a time that is a number', () => {
    expect(mapJob({ ...FIELDS, CreateTime: 1_690_217_095 })).not.to.have.property('createTime');
  });
});

describe('a page of the list', () => {
  it('gives its jobs by their IDs, and the number of all', () => {
    const body = { TotalCount: 7, JobList: { Job: [FIELDS, { JobId: 12, Name: 'number' }] } };
    const { total, jobs } = mapListResponse(body);
    expect(total).to.equal(7);
    expect([...jobs]).to.deep.equal([
      [JOB_ID, FIELDS],
      ['12', { JobId: 12, Name: 'number' }],
    ]);
  });

  it('leaves out what is no job or has no ID', () => {
    const Job = [null, 'x', [], {}, { JobId: '' }, { JobId: {} }, FIELDS];
    expect([...mapListResponse({ TotalCount: 1, JobList: { Job } }).jobs.keys()]).to.deep.equal([JOB_ID]);
  });

  for (const [total, count] of [
    [0, 0],
    ['3', 3],
    [1_000_000, 1_000_000],
  ] as const)
    it(`has ${JSON.stringify(total)} jobs in all`, () => {
      expect(mapListResponse({ TotalCount: total, JobList: {} }).total).to.equal(count);
    });

  for (const total of [undefined, '', null, 'x', -1, 1.5, Number.NaN, 1_000_001, true, [3]])
    it(`is refused when ${JSON.stringify(total)} is the number of all`, () => {
      const body = { TotalCount: total, JobList: { Job: [] } };
      expect(() => mapListResponse(body)).to.throw(UnexpectedBody, 'does not say how many jobs there are');
    });

  it('may lack the list only where there are no jobs', () => {
    expect([...mapListResponse({ TotalCount: 0 }).jobs]).to.deep.equal([]);
    expect([...mapListResponse({ TotalCount: 1, JobList: {} }).jobs]).to.deep.equal([]);
    for (const body of [{ TotalCount: 1 }, { TotalCount: 1, JobList: { Job: {} } }])
      expect(() => mapListResponse(body)).to.throw(UnexpectedBody, 'holds no list of jobs');
  });

  it('is refused when it is nothing', () => {
    for (const body of [undefined, null, 'x', []])
      expect(() => mapListResponse(body)).to.throw(UnexpectedBody);
  });
});

describe('the reason why an answer about a job is refused', () => {
  for (const [body, reason] of [
    [{}, 'the answer holds no job'],
    [{ Job: {} }, 'the answer holds an empty job'],
    [{ Job: { JobId: 'other' } }, 'the answer is about another job than the requested one'],
  ] as const)
    it(`is: ${reason}`, () => {
      expect(() => mapJobResponse(body, JOB_ID)).to.throw(UnexpectedBody, reason);
    });
});

describe('a time of the vendor', () => {
  it('is left out when more than a time is there, or a list with one', () => {
    for (const odd of [
      'x2023-07-24T16:44:55Z',
      '2023-07-24T16:44:55Zx',
      ['2023-07-24T16:44:55Z'],
      '2023-07-24',
    ])
      expect(mapJob({ Name: 'n', CreateTime: odd })).to.deep.equal({ name: 'n' });
  });
});
