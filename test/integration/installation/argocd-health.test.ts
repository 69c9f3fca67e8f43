/** The health script of the docs, in the Lua that Argo CD runs it in, over the states of an object. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { MissingToolError } from '../../world/builds/go-build.ts';
import { luaProgram } from '../../world/lua/lua.ts';
import { skipBecause } from '../../world/skip.ts';

const BUILT_WITHIN_MS = 120_000;

type Health = 'Healthy' | 'Progressing' | 'Degraded' | 'Suspended';

const condition = (type: string, status: string, reason: string) => ({ type, status, reason, message: 'm' });

const READY = condition('Ready', 'True', 'ObservationSucceeded');
const RECONCILING = condition('Reconciling', 'True', 'ProgressingWithRetry');

const CASES: readonly (readonly [health: Health, title: string, status: object | undefined])[] = [
  ['Progressing', 'without a status', undefined],
  [
    'Progressing',
    'not visited',
    { observedGeneration: -1, conditions: [condition('Ready', 'Unknown', 'Pending')] },
  ],
  ['Progressing', 'with the Ready of an older generation', { observedGeneration: 1, conditions: [READY] }],
  [
    'Progressing',
    'not observed',
    { observedGeneration: 2, conditions: [condition('Ready', 'Unknown', 'Progressing')] },
  ],
  [
    'Progressing',
    'while a failed first observation is retried',
    { observedGeneration: 2, conditions: [condition('Ready', 'False', 'ServerError'), RECONCILING] },
  ],
  [
    'Degraded',
    'about a job that does not exist',
    {
      observedGeneration: 2,
      conditions: [condition('Ready', 'False', 'JobNotFound'), condition('Stalled', 'True', 'JobNotFound')],
    },
  ],
  [
    'Degraded',
    'whose observation is overdue',
    { observedGeneration: 2, conditions: [condition('Ready', 'False', 'ObservationOverdue')] },
  ],
  [
    'Suspended',
    'that is suspended',
    { observedGeneration: 2, conditions: [condition('Ready', 'True', 'Suspended')] },
  ],
  ['Healthy', 'that is observed', { observedGeneration: 2, conditions: [READY] }],
];

/** Writes a value as a Lua expression. */
function lua(value: unknown): string {
  if (Array.isArray(value)) return `{${value.map(lua).join(', ')}}`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.map(([name, field]) => `[${JSON.stringify(name)}] = ${lua(field)}`).join(', ')}}`;
}

describe('the health script for Argo CD', function () {
  this.timeout(BUILT_WITHIN_MS);
  let program: string;
  let folder: string;
  let script: string;
  before(async function () {
    program = await luaProgram().catch((error: Error) => {
      if (error instanceof MissingToolError) return skipBecause(this, error.message);
      throw error;
    });
    folder = await mkdtemp(join(tmpdir(), 'health-'));
    script = await readFile('docs/argocd-health.lua', 'utf8');
  });
  after(async () => {
    if (folder) await rm(folder, { recursive: true });
  });

  async function healthOf(object: object): Promise<string> {
    const file = join(folder, 'run.lua');
    await writeFile(
      file,
      `obj = ${lua(object)}\nlocal health = (function()\n${script}\nend)()\nprint(health.status)`,
    );
    return (await promisify(execFile)(program, [file])).stdout.trim();
  }

  for (const [health, title, status] of CASES)
    it(`shows an object ${title} as ${health}`, async () => {
      expect(await healthOf({ metadata: { generation: 2 }, status })).to.equal(health);
    });
});
