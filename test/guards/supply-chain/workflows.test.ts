// What the workflows call in the repository is there: they run on GitHub alone, so nothing else would notice.

import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { ROOT } from '../deploy/manifests.ts';

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps?: readonly Step[]; readonly uses?: string }>>;
}

interface Step {
  readonly run?: string;
  readonly uses?: string;
}

describe('the workflows', () => {
  const workflows = globSync('.github/workflows/*.yaml', { cwd: ROOT }).map(
    (path) => parse(readFileSync(join(ROOT, path), 'utf8')) as Workflow,
  );
  const jobs = workflows.flatMap((workflow) => Object.values(workflow.jobs));
  const steps = jobs.flatMap((job) => job.steps ?? []);
  const scripts = steps.flatMap(({ run = [] }) => run).join('\n');

  it('run targets that the Makefile has', () => {
    const makefile = readFileSync(join(ROOT, 'Makefile'), 'utf8');
    const targets = found(/\bmake ([a-z-]+)/g);
    expect(targets).to.include('release-files');
    expect(targets.filter((target) => !makefile.includes(`\n${target}:`))).to.deep.equal([]);
  });

  it('put no name of a tag into a command, where it could run another one', () => {
    for (const target of ['release-check', 'release-files']) {
      const args = ['--dry-run', target, 'TAG=v1.2.3`echo`$$(echo)', 'IMAGE=`echo`', 'DIGEST=`echo`'];
      const commands = execFileSync('make', args, { cwd: ROOT, encoding: 'utf8' });
      expect(commands)
        .to.contain('scripts/release.ts "$TAG"')
        .and.not.contain('echo`')
        .and.not.contain('$(echo');
    }
  });

  it('run files and copy files out of the image that exist', () => {
    const programs = found(/\b((?:scripts|test)\/[\w./-]+)/g);
    expect(programs).to.include('scripts/release/helm.ts');
    expect(programs.filter((path) => !existsSync(join(ROOT, path)))).to.deep.equal([]);
    const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
    const copied = found(/:\/app\/([\w.-]+)/g);
    expect(copied).to.include('sbom.cdx.json');
    expect(copied.filter((name) => !dockerfile.includes(`/build/dist/${name}`))).to.deep.equal([]);
  });

  it('use each action at one commit', () => {
    const uses = new Set(steps.flatMap((step) => step.uses ?? []));
    const names = Array.from(uses, (each) => each.split('@')[0]);
    expect(names).not.to.be.empty;
    expect(names).to.have.members([...new Set(names)]);
  });

  function found(pattern: RegExp): string[] {
    return [...new Set(Array.from(scripts.matchAll(pattern), ([, name]) => name ?? ''))];
  }
});
