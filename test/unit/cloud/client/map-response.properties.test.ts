// Any body becomes a job that a status can show, or an error that repeats none of it.

import { expect } from 'chai';
import fc from 'fast-check';
import { UnexpectedBody } from '../../../../src/cloud/client/call-errors.ts';
import { mapJobResponse } from '../../../../src/cloud/client/map-response.ts';
import { anyText, holds } from '../../kit/for-any.ts';

const JOB_ID = '5ad420b48fb04483915d4f2cd8ac0000';
const FOREIGN = '§foreign§';

const TIMES = ['createTime', 'lastStartAt', 'lastStopAt'];
const TEXTS = [
  'jobID',
  'name',
  'status',
  'streamInput',
  'streamOutput',
  'templateID',
  'templateName',
  'type',
];

const text = fc.oneof(
  anyText(60),
  anyText(60).map((part) => `${FOREIGN}${part}`),
  anyText(3).map((part) => part.repeat(3_000)),
);
const time = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc
    .tuple(fc.nat(9_999), fc.nat(99), fc.nat(99), fc.nat(99), fc.constantFrom('Z', '', '+23:59', '-12:00'))
    .map(([year, month, day, hour, zone]) => {
      const [mm, dd, hh] = [month, day, hour].map((part) => String(part).padStart(2, '0'));
      return `${String(year).padStart(4, '0')}-${mm}-${dd}T${hh}:00:00${zone}`;
    }),
);
const value = fc.oneof({ weight: 4, arbitrary: text }, { weight: 2, arbitrary: time }, fc.jsonValue());
const id = fc.oneof({ weight: 3, arbitrary: fc.constant(JOB_ID) }, value);

const fields = fc.record(
  {
    ...{ JobId: id, CreateTime: value, LastStartAt: time, LastStopAt: time, Name: value, Status: value },
    ...{ StreamInput: value, StreamOutput: value, TemplateId: value, TemplateName: value, Type: value },
    ...{ jobID: value, Secret: text, constructor: value, ['__proto__']: value },
  },
  { requiredKeys: [], noNullPrototype: true },
);

/** JSON values, most of them similar to an answer. */
const body = fc
  .oneof(
    { weight: 4, arbitrary: fc.record({ Job: fields, RequestId: fc.uuid() }) },
    fc.record({ Job: fc.jsonValue() }),
    fc.jsonValue(),
  )
  .map((given) => JSON.parse(JSON.stringify(given)));

function mapped(given: unknown): Record<string, string> | UnexpectedBody {
  try {
    return { ...mapJobResponse(given, JOB_ID) };
  } catch (error) {
    if (error instanceof UnexpectedBody) return error;
    throw error;
  }
}

describe('any body', () => {
  it('gives a job whose known fields are texts, or an error that repeats none of it', () => {
    holds(
      fc.property(body, (given) => {
        const job = mapped(given);
        if (job instanceof UnexpectedBody) {
          expect(job.message).to.match(/^the answer [a-z ]{10,80}$/);
          return;
        }
        expect(Object.keys(job)).to.be.an('array').that.is.not.empty;
        expect([...TIMES, ...TEXTS]).to.include.members(Object.keys(job));
        expect(job.jobID ?? JOB_ID).to.equal(JOB_ID);
        for (const shown of Object.values(job)) {
          expect(shown).to.be.a('string').with.length.within(1, 4_096);
          expect(shown.isWellFormed()).to.equal(true);
        }
      }),
      400,
    );
  });

  it('gives only times that the API server accepts', () => {
    holds(
      fc.property(body, (given) => {
        const job = mapped(given);
        if (job instanceof UnexpectedBody) return;
        for (const name of TIMES) {
          const shown = job[name] ?? '2026-01-01T00:00:00Z';
          expect(shown).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
          expect(new Date(shown).toISOString()).to.equal(shown.replace('Z', '.000Z'));
        }
      }),
      400,
    );
  });

  it('gives usual texts unchanged', () => {
    holds(
      fc.property(fc.string({ minLength: 1, maxLength: 4_096, unit: 'grapheme' }), (given) => {
        fc.pre(given.length <= 4_096 && given.isWellFormed());
        expect(mapJobResponse({ Job: { JobId: JOB_ID, Name: given } }, JOB_ID).name).to.equal(given);
      }),
    );
  });
});
