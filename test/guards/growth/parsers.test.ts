// What reads foreign texts takes time in proportion to their length: no tenant, endpoint or owner of a job
// can stop the process with one text.

import { expect } from 'chai';
import { parseDuration } from '../../../src/base/duration.ts';
import { ENDPOINT_PATTERN, isAllowed, parseEndpoint } from '../../../src/base/endpoint.ts';
import { mapError } from '../../../src/cloud/client/map-error.ts';
import { mapJobResponse, mapListResponse } from '../../../src/cloud/client/map-response.ts';
import { retryAfterOf } from '../../../src/cloud/client/response-guard.ts';
import { mapStsError } from '../../../src/cloud/sts/map-sts-error.ts';
import { mapAccountID, mapSession } from '../../../src/cloud/sts/map-sts-response.ts';
import { credentialOfSecret } from '../../../src/credentials/secret-credential.ts';
import { isRegion, parseTarget } from '../../../src/job/model/reference.ts';
import { LONGEST_URL, showJob, showStreamUrl } from '../../../src/job/model/stream-url.ts';
import { fingerprintOf } from '../../../src/job/status/fingerprint.ts';
import { restoreFacts } from '../../../src/job/status/restore.ts';
import { apiFailure, refusal } from '../../../src/kube/client/api-error.ts';
import { isNewerVersion } from '../../../src/kube/client/resource-version.ts';
import { decodeJob } from '../../../src/kube/informer/decode.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { SETTINGS } from '../../unit/kit/an-operator.ts';
import { type Hostile, superlinearGrowth } from './growth.ts';

const CONTEXT = { action: 'Get', clusterID: 'c', jobID: 'j', regionID: 'r', identity: 'default' };
const STREAM = {
  longest: LONGEST_URL,
  beginnings: ['rtmp://', 'rtmp://h/a', 'rtmp://h/a?', 'rtmp://h/a?a=', 'rtmp://h/a;b='],
};

const PARSERS: Readonly<Record<string, readonly [run: (text: string) => unknown, hostile?: Hostile]>> = {
  'a stream URL': [(text) => showStreamUrl(text, 'redact'), STREAM],
  'a stream URL in short': [(text) => showStreamUrl(text, 'short'), STREAM],
  'a stream URL as it is': [(text) => showStreamUrl(text, 'full'), STREAM],
  'the fields of a job': [(text) => showJob({ name: text, status: text, type: text }, 'redact')],
  'an answer about a job': [(text) => caught(() => mapJobResponse({ Job: jobFields(text) }, text))],
  'a page of a list': [
    (text) => caught(() => mapListResponse({ TotalCount: text, JobList: { Job: [jobFields(text)] } })),
  ],
  'an error of Live': [(text) => mapError(vendorError(text), CONTEXT)],
  'an error of the network': [
    (text) => mapError({ code: text, name: text, message: text, cause: { code: text } }, CONTEXT),
  ],
  'an error of STS': [(text) => mapStsError(vendorError(text), text)],
  'a session of STS': [(text) => caught(() => mapSession({ Credentials: session(text) }))],
  'an account of STS': [(text) => caught(() => mapAccountID({ AccountId: text }))],
  'the headers of an answer': [
    (text) =>
      retryAfterOf({ 'x-acs-retry-after': text, 'x-ratelimit-user-api': text, 'x-ratelimit-user': text }),
  ],
  'a Secret': [
    (text) => ['endpoint', ...SECRET_KEYS].map((key) => secretWith(key, text)),
    { beginnings: ['https://', 'https://h/', 'acs:ram::1:role/'] },
  ],
  'an endpoint': [
    (text) => caught(() => isAllowed(parseEndpoint(text), ['*.aliyuncs.com'])),
    {
      beginnings: ['https://', 'https://u:', 'https://h:', 'https://[', 'https://xn--'],
      words: ['xn--', '中文', 'ａ'],
    },
  ],
  'a pattern of endpoints': [(text: string) => ENDPOINT_PATTERN.test(text)],
  'a duration': [parseDuration, { beginnings: ['1h'] }],
  'a region': [isRegion],
  'a target of a status': [parseTarget, { beginnings: ['0123abcd-'] }],
  'a version of an object': [(text) => isNewerVersion(text, '1')],
  'an object': [(text) => decodeJob(objectWith(text))],
  'a stored status': [(text) => restoreFacts(decodeJob(objectWith(text)) as never, 0, 0, SETTINGS)],
  'a foreign status with a field for each character': [
    (text) => fingerprintOf(Object.fromEntries(Array.from(text, (_, index) => [`a${9_999 - index}`, index]))),
    { longest: 1_024 },
  ],
  'a refusal of the API server': [(text) => refusal(500, text, text), { beginnings: ['{"reason":"', '{'] }],
  'an error of the API server': [(text) => apiFailure({ code: text, name: text, cause: { code: text } })],
  'a line of the log': [
    (text) => logger.info(text, { error: new Error(text) }),
    { beginnings: ['https://', 'https://h?', 'auth_key='] },
  ],
};

const SECRET_KEYS = ['accessKeyID', 'regionID', 'roleARN', 'roleSessionName', 'externalID', 'accountID'];

const logger = await createLogger({
  level: 'debug',
  format: 'json',
  destination: { write: () => undefined },
});

describe('the time to read', () => {
  for (const [what, [run, hostile]] of Object.entries(PARSERS))
    it(`${what} grows with its length`, () => {
      expect(superlinearGrowth(run, hostile)).to.equal(undefined);
    });
});

function jobFields(text: string): Record<string, string> {
  const names = [
    'JobId',
    'Name',
    'Status',
    'StreamInput',
    'StreamOutput',
    'CreateTime',
    'LastStartAt',
    'Type',
  ];
  return Object.fromEntries(names.map((name) => [name, text]));
}

function vendorError(text: string): unknown {
  return { code: text, message: text, data: { statusCode: 400, RequestId: text, Code: text } };
}

function session(text: string): Record<string, string> {
  return { AccessKeyId: text, AccessKeySecret: text, SecurityToken: text, Expiration: text };
}

function secretWith(key: string, text: string): unknown {
  const rules = { allowedEndpoints: ['*.aliyuncs.com'], allowInsecure: false };
  const data = { accessKeyID: 'k', accessKeySecret: 's', [key]: text };
  return credentialOfSecret({ namespace: 'n', name: 's' }, data, rules);
}

function objectWith(text: string): unknown {
  const condition = { type: 'Ready', status: 'False', reason: text, message: text, lastTransitionTime: text };
  const job = { name: text, streamInput: text, streamOutput: text };
  return {
    metadata: { namespace: 'n', name: 'n', uid: 'u', resourceVersion: text, generation: 1 },
    spec: { clusterID: text, jobID: text, regionID: text, interval: text },
    status: {
      observedTarget: text,
      lastObservedTime: text,
      job,
      conditions: [condition, { ...condition, type: text }],
    },
  };
}

function caught(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
