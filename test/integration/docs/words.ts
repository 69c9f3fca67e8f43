/**
 * What the test puts in place of the words that a reader replaces, and the commands that cannot end here as
 * they do in a cluster with nodes.
 */
import { DEFAULT_RRSA } from '../../../simulator/seed.ts';
import type { World } from '../support/world.ts';
import type { Ended } from './shell.ts';

/** The object and the Secret that the runbooks call NAME, and the pod that they call POD. */
export const NAME = 'stream1-hd';
export const POD = 'operator-0';

/** Returns texts by the words of the pages. The example's IDs are those of the simulated cloud already. */
export function replacements({ cloud }: World): Readonly<Record<string, string>> {
  return {
    REGISTRY: 'registry.example/media',
    ID: cloud.accessKey.accessKeyID,
    SECRET: cloud.accessKey.accessKeySecret,
    PASSWORD: 'made-up',
    ROLE_NAME: DEFAULT_RRSA.roleARN.split('/').at(-1) ?? '',
    NAMESPACE: 'media',
    NAME,
    POD,
    'YOUR-COPY': 'git.example/operator',
    // How long a command waits for calls.
    '60000': '1',
    '127.0.0.1:18081': new URL(cloud.adminURL).host,
  };
}

export function replaceWords(command: string, words: Readonly<Record<string, string>>): string {
  const pattern = Object.keys(words).map((word) => word.replaceAll('.', '\\.'));
  return command.replaceAll(new RegExp(`\\b(${pattern.join('|')})\\b`, 'g'), (word) => words[word] ?? word);
}

/** An end other than success that counts as one. */
interface OtherEnd {
  readonly command: RegExp;
  readonly code: number;
  readonly stderr: RegExp;
}

const OTHER_ENDS: readonly OtherEnd[] = [
  // No kubelet runs here that has logs. The API server has found the pod, and looks for its node.
  { command: /^kubectl\b.*\blogs\b/, code: 1, stderr: /does not have a host assigned/ },
  // Namespaces stay from one page to the next: no controller runs here that would delete one.
  { command: /^kubectl create namespace/, code: 1, stderr: /already exists/ },
  // Nothing to find is an answer, too.
  { command: /\| grep /, code: 1, stderr: /^$/ },
];

/** What is wrong with the end of a command; undefined if nothing is. */
export function problemOf(command: string, { code, stdout, stderr }: Ended): string | undefined {
  if (code === 0) return undefined;
  const isKnown = (end: OtherEnd) =>
    end.command.test(command) && end.code === code && end.stderr.test(stderr);
  return OTHER_ENDS.some(isKnown) ? undefined : `${command}\nended with ${code}: ${stdout}${stderr}`;
}
