/** Candidates that are read from the kubeconfig and the cluster. A failure gives none. */
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import { splitKey } from '../../base/object-key.ts';
import { contextsOf } from '../../kube/client/kube-config.ts';
import { type Connection, connect } from '../common/connection.ts';
import { listJobs } from '../common/objects.ts';

/** The command line before the cursor. */
export interface Line {
  /** Values by the long names of the options; empty for flags. */
  readonly options: ReadonlyMap<string, string>;
  readonly args: readonly string[];
  /** Whether `--` has ended the options. */
  readonly isOver: boolean;
}

export interface Candidates {
  /** Finds values of an option. @param long its name, such as `--context` */
  value(long: string, line: Line): Promise<string[]>;
  /** Finds arguments of a command. */
  argument(command: string, line: Line): Promise<string[]>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Longest time for the API server: a shell waits for the candidates. */
const PATIENCE_MS = 3_000;

export class ClusterCandidates implements Candidates {
  readonly #environment: Environment;
  readonly #userAgent: string;
  readonly #patienceMs: number;

  constructor(environment: Environment, userAgent: string, patienceMs = PATIENCE_MS) {
    this.#environment = environment;
    this.#userAgent = userAgent;
    this.#patienceMs = patienceMs;
  }

  value(long: string, line: Line): Promise<string[]> {
    switch (long) {
      case '--context':
        return this.#tried(async () =>
          contextsOf({ path: line.options.get('--kubeconfig') || undefined, environment: this.#environment }),
        );
      case '--namespace':
      case '--lease-namespace':
        return this.#tried(() => namespaces(this.#connection(line)));
      case '--cluster':
        return this.#tried(() => this.#fromObjects(line, ({ spec }) => [spec.clusterID]));
      case '--secret':
        return this.#tried(() => this.#fromObjects(line, secretsOf));
      default:
        return Promise.resolve([]);
    }
  }

  argument(command: string, line: Line): Promise<string[]> {
    const finders: Readonly<Record<string, () => Promise<string[]>>> = {
      refresh: async () => (line.options.has('--all') ? [] : this.#names(line)),
      import: async () => (line.args.length > 0 ? [] : this.value('--cluster', line)),
    };
    return this.#tried(finders[command] ?? (async () => []));
  }

  #names(line: Line): Promise<string[]> {
    const isEverywhere = line.options.has('--all-namespaces');
    return this.#fromObjects(line, ({ key }) => [isEverywhere ? key : splitKey(key).name]);
  }

  async #fromObjects(line: Line, textsOf: (job: EdgeTranscodeJob) => readonly string[]): Promise<string[]> {
    const jobs = await listJobs(this.#connection(line));
    return [...new Set(jobs.flatMap(textsOf))].sort();
  }

  #connection({ options }: Line): Connection {
    const texts = { kubeconfig: '--kubeconfig', context: '--context', namespace: '--namespace' } as const;
    const given = Object.entries(texts).flatMap(([key, long]) => {
      const text = options.get(long);
      return text === undefined ? [] : [[key, text] as const];
    });
    const allNamespaces = options.has('--all-namespaces');
    return connect({ ...Object.fromEntries(given), allNamespaces }, this.#environment, this.#userAgent);
  }

  /** Nothing that goes wrong may disturb the line that the user writes. */
  async #tried(read: () => Promise<string[]>): Promise<string[]> {
    const late = Promise.withResolvers<string[]>();
    const timer = setTimeout(() => late.resolve([]), this.#patienceMs);
    try {
      return await Promise.race([read(), late.promise]);
    } catch {
      return [];
    } finally {
      clearTimeout(timer);
    }
  }
}

function secretsOf({ spec }: EdgeTranscodeJob): readonly string[] {
  return spec.credentialsRef ? [spec.credentialsRef.name] : [];
}

async function namespaces({ calls }: Connection): Promise<string[]> {
  const { data } = await calls.call({ method: 'GET', path: '/api/v1/namespaces' });
  const { items } = data as { items: readonly { readonly metadata: { readonly name: string } }[] };
  return items.map(({ metadata }) => metadata.name);
}
