/**
 * Helm on the shipped chart, with settings of its own: nothing of the user's takes part.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type Manifest, theOnly } from '../../../guards/deploy/manifests.ts';
import { MissingToolError } from '../../../world/builds/go-build.ts';
import { helmProgram } from '../../../world/helm/helm.ts';
import { SELDOM_COLLECTED } from '../../../world/processes/go-environment.ts';
import { skipBecause } from '../../../world/skip.ts';
import { shipped } from '../shipped.ts';

/** Helm is built before the tests; this is for one file run alone on a new machine. */
const BUILT_WITHIN_MS = 30 * 60_000;
const ENDS_WITHIN_MS = 120_000;

export const CHART = shipped('deploy/chart');

export interface HelmResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What values say, as they stand in values.yaml. */
export type Values = Readonly<Record<string, unknown>>;

export interface Rendering {
  readonly values?: Values;
  /** Default: the name of the chart. */
  readonly release?: string;
  readonly chart?: string;
  readonly args?: readonly string[];
}

export const NAMESPACE = 'edge-transcode-system';
export const RELEASE = 'edge-transcode-job-operator';

export class Helm {
  readonly program: string;
  /** A folder of the test's own, for settings and files. */
  readonly folder: string;

  constructor(program: string, folder: string) {
    this.program = program;
    this.folder = folder;
  }

  /** Runs Helm to its end; the values are its standard input. A failure of Helm is in the result. */
  run(args: readonly string[], { values = {}, kubeconfig = '' } = {}): Promise<HelmResult> {
    const home = (name: string) => join(this.folder, name);
    const env = {
      PATH: process.env.PATH,
      ...SELDOM_COLLECTED,
      // Its cache of what the API server offers would else be in the user's home.
      HOME: this.folder,
      KUBECONFIG: kubeconfig || home('none'),
      HELM_CACHE_HOME: home('cache'),
      HELM_CONFIG_HOME: home('config'),
      HELM_DATA_HOME: home('data'),
    };
    return new Promise((resolve, reject) => {
      const options = { env, timeout: ENDS_WITHIN_MS, maxBuffer: 64 * 1024 * 1024 };
      const child = execFile(this.program, args, options, (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        if (typeof code === 'number') resolve({ code, stdout, stderr });
        else reject(new Error(`helm ${args[0] ?? ''} did not run to its end`, { cause: error }));
      });
      child.stdin?.on('error', () => {}).end(JSON.stringify(values));
    });
  }

  /** `helm template`, whatever becomes of it. */
  template({
    values = {},
    release = RELEASE,
    chart = CHART,
    args = [],
  }: Rendering = {}): Promise<HelmResult> {
    return this.run(['template', release, chart, `--namespace=${NAMESPACE}`, '--values=-', ...args], {
      values,
    });
  }

  /** The rendered manifests. @throws with what Helm said when it refuses the values */
  async render(rendering: Rendering = {}): Promise<Manifest[]> {
    const { code, stdout, stderr } = await this.template(rendering);
    if (code !== 0) throw new Error(`helm template: ${stderr}`);
    return manifestsOf(stdout);
  }

  /** What Helm says about values that must be refused. @throws when it accepts them */
  async refusal(values: Values): Promise<string> {
    const { code, stderr } = await this.template({ values });
    if (code === 0) throw new Error(`accepted: ${JSON.stringify(values)}`);
    return stderr;
  }
}

export function manifestsOf(text: string): Manifest[] {
  return parseAllDocuments(text, { uniqueKeys: true }).flatMap((document) => {
    if (document.errors[0]) throw document.errors[0];
    return (document.toJS() as Manifest | null) ?? [];
  });
}

/** Returns the only manifest of the kind; undefined where there is none. */
export function theOnlyOrNone<T>(manifests: readonly Manifest[], kind: string): T | undefined {
  return manifests.some((each) => each.kind === kind) ? theOnly<T>(manifests, kind) : undefined;
}

/**
 * Registers hooks, and returns where the Helm is from then on. Skips the tests where none can be built.
 *
 * @param build makes the program, or rejects with MissingToolError. Default: Helm 4
 */
export function useHelm(build: () => Promise<string> = helmProgram): { readonly helm: Helm } {
  let helm: Helm | undefined;
  before(async function () {
    this.timeout(BUILT_WITHIN_MS);
    const program = await build().catch((error: Error) => {
      if (error instanceof MissingToolError) return skipBecause(this, error.message);
      throw error;
    });
    helm = new Helm(program, await mkdtemp(join(tmpdir(), 'helm-')));
  });
  after(async () => {
    if (helm) await rm(helm.folder, { recursive: true, force: true });
  });
  return {
    get helm() {
      if (helm === undefined) throw new Error('Helm is there from the first hook on');
      return helm;
    },
  };
}
