/**
 * The manifests for clusters without Helm, rendered from the chart.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { CHART, type GeneratedFile } from './generated.ts';

const DEPLOY = join(CHART, '..');
const NAME = 'edge-transcode-job-operator';
const TEMPLATE = ['template', NAME, CHART, '--namespace=edge-transcode-system'];
const VALUES = join(import.meta.dirname, 'install-values.yaml');
/** Stands for the namespace that `kubectl --namespace` names. */
const ANY = 'any-namespace';
const { appVersion } = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8')) as {
  readonly appVersion: string;
};

const INSTALL = `# The operator with its CRD, for clusters without Helm. Rendered from deploy/chart by \`npm run chart\`: change
# that.
#
# The image is a placeholder: none is published. Build it, push it to your registry, and write its name into
# the Deployment:
#   docker build -t REGISTRY/edge-transcode-job-operator:${appVersion} .
#   docker push REGISTRY/edge-transcode-job-operator:${appVersion}
#
# Its credentials are optional: without them, each object names a Secret in credentialsRef.
#   kubectl --namespace edge-transcode-system create secret generic alibaba-cloud-credentials \\
#     --from-literal=accessKeyID=… --from-literal=accessKeySecret=…      (and securityToken, for an STS token)
#   kubectl --namespace edge-transcode-system rollout restart deployment/edge-transcode-job-operator
# Only objects of the namespaces in --default-credentials-namespaces may use them. docs/reference.md lists all
# options. A RAM role (RRSA) works without any key: docs/operations.md.
#
# To remove it, and keep the CRD with all EdgeTranscodeJobs, which would be deleted with it:
#   kubectl delete -f deploy/install.yaml --selector 'app.kubernetes.io/component!=crd'
`;
const NAMESPACED = `# The part of ../install.yaml that needs no ClusterRole, without the CRD. watched-namespace.yaml grants the
# rights in each watched namespace; docs/operations.md has the commands. Rendered by \`npm run chart\`.
`;
const WATCHED = `# The operator's rights in one namespace of --namespaces. The owner of the namespace applies it:
#   kubectl --namespace media apply -f watched-namespace.yaml
# The owner grants the right on each Secret by name: ../samples/own-credentials.yaml. Rendered by
# \`npm run chart\`.
`;

/** @param helm the path of a Helm 4 */
export async function installManifests(helm: string): Promise<GeneratedFile[]> {
  const all = await render(helm, ['--values', VALUES]);
  const watched = await render(helm, [
    `--set=watchNamespaces={${ANY}}`,
    '--show-only=templates/rbac/watched-namespaces.yaml',
  ]);
  const file = (name: string, head: string, documents: readonly string[]) => ({
    path: join(DEPLOY, name),
    text: head + documents.map((document) => `---\n${document}\n`).join(''),
  });
  return [
    file('install.yaml', INSTALL, all),
    file('namespaced/install.yaml', NAMESPACED, all.filter(isWithoutClusterRights)),
    file(
      'namespaced/watched-namespace.yaml',
      WATCHED,
      watched.map((document) => document.replace(`\n  namespace: ${ANY}`, '')),
    ),
  ];
}

/** The documents, without the labels that say that Helm manages them. */
async function render(helm: string, args: readonly string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)(helm, [...TEMPLATE, ...args], { maxBuffer: 16 * 1024 * 1024 });
  const documents = stdout
    .replaceAll(/^ *(app\.kubernetes\.io\/managed-by|helm\.sh\/chart): .*\n/gm, '')
    .replaceAll(/ +$/gm, '')
    .split(/^---\n/m);
  return documents.map((document) => document.trim()).filter((document) => document !== '');
}

function isWithoutClusterRights(document: string): boolean {
  return !/^kind: (ClusterRole|ValidatingAdmission|CustomResourceDefinition)/m.test(document);
}
