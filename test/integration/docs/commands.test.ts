/**
 * The commands of the pages, run in their order on a real API server, with an operator that the installed
 * Deployment describes and the simulated cloud. What is not run says so in the page, and
 * test/guards/pages counts it.
 */
import { type Block, blocksIn, commandsIn, PAGES, textOf } from '../../guards/pages/pages.ts';
import { MissingToolError } from '../../world/builds/go-build.ts';
import { monitoringCrds } from '../../world/crds-of-others/crds-of-others.ts';
import { skipBecause } from '../../world/skip.ts';
import { NAMESPACE, RELEASE, useHelm } from '../support/release/helm.ts';
import { useWorld } from '../support/use-world.ts';
import { Cluster } from './cluster.ts';
import { openShell, type Shell } from './shell.ts';
import { problemOf, replacements, replaceWords } from './words.ts';

/** Have commands of docs/install/any-cluster.md and no others, which test/guards/pages compares. */
const SAME = ['README.md', 'README.zh-CN.md'];

/** A block with one of these begins on a cluster without the operator; any other block on one with it. */
const INSTALLS = /^(helm install edge-transcode|kubectl apply -f (deploy\/(namespaced\/)?install|crds))/m;

/** A page with Helm leaves the cluster as no other page expects it, a block with these for the next block. */
const WITHOUT_HELM = /^kubectl apply -f (deploy|crds)/m;

describe('the commands of the pages', function () {
  this.timeout(120_000);
  const tool = useHelm();
  const scene = useWorld({ crd: false, operator: 'none' });
  let shell: Shell;
  let cluster: Cluster;
  before(async function () {
    const crds = await monitoringCrds(['servicemonitors', 'podmonitors', 'prometheusrules']).catch(
      (error: Error) => {
        if (error instanceof MissingToolError) return skipBecause(this, error.message);
        throw error;
      },
    );
    const { kubeconfig, kubectlProgram } = scene.world.controlPlane;
    shell = await openShell(kubeconfig, { kubectl: kubectlProgram, helm: tool.helm.program });
    cluster = new Cluster(scene.world, tool.helm);
    await Promise.all([
      cluster.prepare(),
      scene.world.kubectl('apply', '--server-side', ...crds.map((crd) => `--filename=${crd}`)),
    ]);
  });
  after(() => shell?.[Symbol.asyncDispose]());

  for (const page of PAGES.filter((each) => !SAME.includes(each))) {
    const blocks = blocksIn(textOf(page)).filter(({ language, notRun }) => language === 'sh' && !notRun);
    if (blocks.length > 0)
      it(`of ${page} do what it says`, async () => {
        try {
          for (const block of blocks) await runBlock(page, block);
        } finally {
          if (blocks.some(({ text }) => /^helm/m.test(text))) cluster.forget();
        }
      });
  }

  async function runBlock(page: string, block: Block): Promise<void> {
    if (INSTALLS.test(block.text)) await cluster.empty();
    else if (/kubectl|helm/.test(block.text)) await cluster.install();
    for (const command of commandsIn(block)) {
      const problem = await problemOfRun(replaceWords(command, replacements(scene.world)));
      if (problem !== undefined) throw new Error(`${page}:${block.line} ${problem}`);
    }
    if (WITHOUT_HELM.test(block.text)) cluster.forget();
  }

  /** Runs a command, and meanwhile what the controllers and nodes of a cluster would do. */
  async function problemOfRun(command: string): Promise<string | undefined> {
    if (/\bwait --for|get lease/.test(command)) await cluster.pods.follow(NAMESPACE, RELEASE);
    if (/ (logs|pods?)( |$)/m.test(command)) await cluster.addPod();
    const run = shell.run(command).then((ended) => problemOf(command, ended));
    if (!/^helm .*--wait/s.test(command)) return run;
    const rollOut = cluster.pods.rollOut(NAMESPACE, RELEASE);
    // Helm that ends at once has not waited, and there is nothing to roll out.
    return Promise.race([run, rollOut.then(() => run)]);
  }
});
