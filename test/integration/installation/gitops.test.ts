/**
 * What docs/gitops.md says of each tool, on a real API server with the operator: kubectl, Helm, which uses
 * Flux's kstatus, and the health script in Argo CD's Lua. Flux and Argo CD themselves do not run here: the
 * API server evaluates the CEL expressions, and checks the Kustomization against Flux's CRD.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { EdgeTranscodeJobSpec } from '../../../src/api/edge-transcode-job.ts';
import { argocdHealth, type HealthOf } from '../../world/argocd/argocd-health.ts';
import { MissingToolError } from '../../world/builds/go-build.ts';
import { served } from '../../world/control-plane/served.ts';
import { kustomizationCrd } from '../../world/crds-of-others/crds-of-others.ts';
import { helm3Program } from '../../world/helm/helm.ts';
import { skipBecause } from '../../world/skip.ts';
import { breakCalls, createJob, noJob, ONE_BY_ONE } from '../support/cloud-side.ts';
import { type Helm, type HelmResult, useHelm } from '../support/release/helm.ts';
import { shipped, writeStatus } from '../support/shipped.ts';
import { useWorld } from '../support/use-world.ts';
import { is, job, type Shown } from '../support/world.ts';

const PAGE = readFileSync(shipped('docs/gitops.md'), 'utf8');
const [KUSTOMIZATION = ''] = blocks('yaml');
const ARGOCD = 'deploy/argocd/resource_customizations/edgetranscode.live/EdgeTranscodeJob';

/** The first cell of each row of the page's table, and the object that it describes. */
const ROWS = {
  'not observed yet': 'unserved',
  'whose first observation failed and is tried again': 'failing',
  'whose job runs': 'running',
  'whose job is stopped, expected or not': 'stopped',
  'that is suspended': 'suspended',
  'whose job does not exist': 'missing',
  'whose observation is overdue': 'overdue',
} as const;
type Name = (typeof ROWS)[keyof typeof ROWS];

/** The operator of this world serves the objects without it. */
const OF_NO_OPERATOR = { 'edgetranscode.live/shard': 'of-no-operator' };

const CHART = {
  'Chart.yaml': 'apiVersion: v2\nname: streams\nversion: 1.0.0\n',
  'templates/objects.yaml': '{{- range .Values.objects }}\n---\n{{ toYaml . }}\n{{- end }}\n',
};

describe('tools that wait for objects', function () {
  // Longer than Helm waits, so that its message is the failure.
  this.timeout(90_000);
  const tool = useHelm();
  const old = useHelm(helm3Program);
  const objects = {} as Record<Name, object>;
  let healthOf: HealthOf;
  const scene = useWorld({
    operator: () => ({ args: [ONE_BY_ONE] }),
    prepare: async (world) => {
      const failing = await createJob(world);
      await breakCalls(world, failing, { kind: 'error', status: 503, code: 'ServiceUnavailable' });
      const specs: Record<Name, Partial<EdgeTranscodeJobSpec>> = {
        running: { ...(await createJob(world)), expectedState: 'Running' },
        stopped: { ...(await createJob(world, { status: '0' })), expectedState: 'Running' },
        suspended: { ...(await createJob(world)), suspend: true },
        missing: noJob(),
        failing,
        unserved: {},
        overdue: {},
      };
      for (const [name, spec] of Object.entries(specs) as [Name, Partial<EdgeTranscodeJobSpec>][])
        objects[name] = withLabels(job(name, spec), name);
    },
  });

  before(async function () {
    healthOf = await orSkip(this, argocdHealth(shipped(`${ARGOCD}/health.lua`)));
    const crd = await orSkip(this, kustomizationCrd());
    for (const [name, text] of Object.entries(CHART)) {
      const file = join(tool.helm.folder, 'streams', name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    await symlink(shipped('deploy'), join(tool.helm.folder, 'deploy'));
    // Both take some seconds to be in force.
    await scene.world.apply(...evaluating(parse(KUSTOMIZATION).spec.healthCheckExprs[0]));
    await scene.world.kubectl('apply', '--server-side', `--filename=${crd}`);
  });

  scene.setUp(async () => {
    const { world } = scene;
    const { running, stopped, suspended, missing } = objects;
    await world.apply(running, stopped, suspended);
    await install('pending', pending(), ['--wait=false']);
    await install('missing', [missing], ['--wait=false']);
    await writeStatus(world.controlPlane, 'default', 'overdue', await argocdTestStatus('overdue'));
    for (const name of ['running', 'stopped', 'suspended'])
      await world.until(name, (shown) => is(shown, 'Ready', 'True'));
    await world.until('missing', (shown) => is(shown, 'Ready', 'False', 'JobNotFound'));
    await world.until('failing', (shown) => is(shown, 'Ready', 'False', 'ServerError'));
  });

  it('helm --wait returns when each object is observed, also with a stopped job and a suspended object', async () => {
    const { world } = scene;
    const stopped = await createJob(world, { status: '0' });
    const { code, stderr } = await install('well', [
      job('well-running', await createJob(world)),
      job('well-stopped', { ...stopped, expectedState: 'Running' }),
      job('well-suspended', { ...(await createJob(world)), suspend: true }),
    ]);
    expect(code, stderr).to.equal(0);
    for (const name of ['well-running', 'well-stopped', 'well-suspended'])
      expect(is(await world.get(name), 'Ready', 'True'), name).to.equal(true);
    expect(is(await world.get('well-stopped'), 'AsExpected', 'False')).to.equal(true);
  });

  it('helm --wait fails for a job that does not exist, without waiting until its time is up', async () => {
    const { code, stderr } = await install('ill', [job('ill', noJob())]);
    expect(code).to.equal(1);
    expect(stderr).to.match(/ill not ready\. status: Failed, message: cluster \S+ has no job/);
    expect(stderr).not.to.contain('deadline exceeded');
  });

  it('helm --wait of Helm 3 returns also for a job that does not exist', async () => {
    const { code, stderr } = await install('old', [job('old', noJob())], [], old.helm);
    expect(code, stderr).to.equal(0);
  });

  it('show each object as the page says', async () => {
    const names = Object.values(ROWS);
    // Long enough for Helm to have read each object. A failed one ends the wait for others.
    const waits = [
      await install('pending', pending(), ['--timeout=3s']),
      await install('missing', [objects.missing], ['--timeout=3s']),
    ];
    const said = waits.map(({ stderr }) => stderr).join();
    const kstatus = new Map(
      [...said.matchAll(/default\/(\w+) not ready\. status: (\w+)/g)].map(([, name, is]) => [name, is]),
    );
    const wait = ['--for=condition=Ready', '--timeout=0', 'edgetranscodejobs', '--all'];
    const met = (await scene.world.controlPlane.kubectl('wait', ...wait)).stdout;
    const health = await healthOf(await Promise.all(names.map((name) => scene.world.get(name))));
    const found = Object.entries(ROWS).map(([title, name], index) => [
      title,
      met.includes(`/${name} condition met`) ? 'met' : 'waits',
      kstatus.get(name) ?? 'Current',
      health[index]?.status,
    ]);
    expect(found).to.deep.equal(rowsOf(PAGE));
  });

  it('Flux accepts the Kustomization of the page, and by its expressions only a job as expected is current', async () => {
    await served(scene.world.controlPlane, 'kustomizations');
    await scene.world.kubectl('create', 'namespace', 'flux-system');
    await run(`kubectl create --dry-run=server --validate=strict -f - <<'END'\n${KUSTOMIZATION}END\n`);
    const status = async (name: Name) => statusByFlux(await scene.world.get(name), () => evaluate(name));
    await scene.world.eventually('the policy that evaluates CEL', async () =>
      (await evaluate('running').catch(() => undefined)) === undefined ? undefined : true,
    );
    expect(await status('running')).to.equal('Current');
    expect(await status('suspended')).to.equal('Current');
    expect(await status('stopped')).to.equal('Failed');
    expect(await status('missing')).to.equal('Failed');
    expect(await status('failing')).to.equal('InProgress');
    expect(await status('unserved')).to.equal('InProgress');
    expect(await status('overdue')).to.equal('InProgress');
  });

  it('run the commands of the page', async () => {
    const [kubectl = '', helm = '', argocd = '', ...others] = blocks('sh');
    expect(others).to.deep.equal([]);
    // The first command waits for all objects of the namespace.
    await scene.world.kubectl('create', 'namespace', 'page');
    const running = await createJob(scene.world);
    await scene.world.apply(job('stream1-hd', { ...running, expectedState: 'Running' }, 'page'));
    await run(kubectl.replaceAll('kubectl', 'kubectl --namespace=page'));
    const values = join(tool.helm.folder, 'streams/values.yaml');
    await writeFile(values, JSON.stringify({ objects: [withLabels(job('of-the-page'), 'of-the-page')] }));
    await run(helm);
    expect(is(await scene.world.get('of-the-page'), 'Ready', 'True')).to.equal(true);
    await scene.world.kubectl('create', 'namespace', 'argocd');
    const before = ['--namespace=argocd', '--from-literal=url=https://argocd.example.com'];
    await scene.world.kubectl('create', 'configmap', 'argocd-cm', ...before);
    await run(argocd);
    const get = ['get', 'configmap', 'argocd-cm', '--namespace=argocd', '--output=json'];
    expect(JSON.parse(await scene.world.kubectl(...get)).data).to.deep.equal({
      url: 'https://argocd.example.com',
      'resource.customizations.health.edgetranscode.live_EdgeTranscodeJob': readFileSync(
        shipped(`${ARGOCD}/health.lua`),
        'utf8',
      ),
    });
  });

  function pending(): object[] {
    const { unserved, failing, overdue } = objects;
    return [unserved, failing, overdue];
  }

  function install(
    release: string,
    installed: readonly object[],
    args: readonly string[] = [],
    helm: Helm = tool.helm,
  ): Promise<HelmResult> {
    const chart = join(tool.helm.folder, 'streams');
    return helm.run(
      ['upgrade', '--install', release, chart, '--wait', '--timeout=60s', '--values=-', ...args],
      {
        values: { objects: installed },
        kubeconfig: scene.world.controlPlane.kubeconfig,
      },
    );
  }

  /** Runs lines of the page in a folder with `deploy` and a chart. @throws with what they printed */
  async function run(lines: string): Promise<void> {
    const { kubeconfig, kubectlProgram, directory } = scene.world.controlPlane;
    const programs = [dirname(tool.helm.program), dirname(kubectlProgram), process.env.PATH];
    await promisify(execFile)('sh', ['-e', '-c', lines], {
      cwd: tool.helm.folder,
      env: { PATH: programs.join(':'), KUBECONFIG: kubeconfig, HOME: directory },
    });
  }

  /** What the API server makes of the expressions for the object: whether each is true, in Flux's order. */
  async function evaluate(name: string): Promise<string[]> {
    const patch = ['--subresource=status', '--dry-run=server', '--type=merge', '--patch={"status":{}}'];
    const { stderr } = await scene.world.controlPlane.kubectl('patch', 'edgetranscodejob', name, ...patch);
    const [, values] = /CEL: (\w+ \w+ \w+)/.exec(stderr) ?? [];
    if (values === undefined) throw new Error(`no values: ${stderr}`);
    return values.split(' ');
  }
});

function orSkip<T>(context: Mocha.Context, tool: Promise<T>): Promise<T> {
  return tool.catch((error: Error) => {
    if (error instanceof MissingToolError) return skipBecause(context, error.message);
    throw error;
  });
}

function withLabels(object: object, name: string): object {
  if (name !== 'unserved' && name !== 'overdue') return object;
  const { metadata } = object as { metadata: object };
  return { ...object, metadata: { ...metadata, labels: OF_NO_OPERATOR } };
}

async function argocdTestStatus(name: string): Promise<Shown['status']> {
  return parse(readFileSync(shipped(`${ARGOCD}/testdata/${name}.yaml`), 'utf8')).status;
}

/** The cells of the page's table, without the head. */
function rowsOf(page: string): string[][] {
  const rows = page.match(/^\|.*\|$/gm)?.slice(2) ?? [];
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function blocks(language: string): string[] {
  return [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, text = '']) => text,
  );
}

interface Expressions {
  readonly inProgress: string;
  readonly failed: string;
  readonly current: string;
}

/**
 * A policy that refuses each dry run of a status with the values of the expressions. In Flux the fields of
 * the object are variables; here `exists` over a list of one binds them.
 */
function evaluating({ inProgress, failed, current }: Expressions): object[] {
  const values = [inProgress, failed, current]
    .map((expression) => `string([object.status].exists(status, ${expression}))`)
    .join(` + ' ' + `);
  const metadata = { name: 'evaluating' };
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const rule = {
    apiGroups: ['edgetranscode.live'],
    apiVersions: ['*'],
    operations: ['UPDATE'],
    resources: ['edgetranscodejobs/status'],
  };
  return [
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        matchConstraints: { resourceRules: [rule] },
        matchConditions: [{ name: 'dry-run', expression: 'request.dryRun' }],
        validations: [{ expression: 'false', messageExpression: `'CEL: ' + ${values}` }],
      },
    },
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: { policyName: metadata.name, validationActions: ['Deny'] },
    },
  ];
}

/** Decides as Flux does: an older generation is in progress, else the first true expression decides. */
async function statusByFlux(
  { metadata, status }: Shown,
  values: () => Promise<readonly string[]>,
): Promise<string> {
  if (status.observedGeneration !== metadata.generation) return 'InProgress';
  const index = (await values()).indexOf('true');
  return ['InProgress', 'Failed', 'Current'][index] ?? 'InProgress';
}
