/**
 * The example of a proxy with a login, before the page of a real operator: nginx with the shipped config.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { MissingToolError } from '../../world/builds/go-build.ts';
import { onFreePort } from '../../world/processes/ports.ts';
import { nginxProgram } from '../../world/proxy/nginx.ts';
import { skipBecause } from '../../world/skip.ts';
import { useWorld } from '../support/use-world.ts';
import { is, job } from '../support/world.ts';

const EXAMPLE = 'deploy/page/proxy.yaml';

const READER = { authorization: `Basic ${Buffer.from('night-duty:a-password').toString('base64')}` };

/** `htpasswd -nb night-duty a-password`, in the one of its formats that needs no program. */
const READERS = 'night-duty:{PLAIN}a-password\n';

describe('the status page behind a proxy with a login', function () {
  this.timeout(60_000);
  const scene = useWorld({ operator: () => ({ args: ['--page-address=127.0.0.1:0'] }) });
  let url: string;

  scene.setUp(async () => {
    await scene.world.apply(job('seen'));
    await scene.world.until('seen', (each) => is(each, 'Ready', 'True'));
  });
  before(async function () {
    const program = await nginxProgram().catch((error) => {
      if (error instanceof MissingToolError) skipBecause(this, error.message);
      throw error;
    });
    url = await startProxy(program);
  });

  /** Starts nginx with the config of the example. Only addresses and folders are those of this machine. */
  async function startProxy(program: string): Promise<string> {
    const { processes } = scene.world;
    const folder = join(processes.directory, 'page-proxy');
    await mkdir(folder);
    await writeFile(join(folder, 'htpasswd'), READERS);
    const [config] = parseAllDocuments(await readFile(EXAMPLE, 'utf8')).map((each) => each.toJS());
    const page = new URL(scene.operator.pageUrl ?? '').host;
    return onFreePort(async (port) => {
      const text = (config.data['nginx.conf'] as string)
        .replace('listen 8080;', `listen 127.0.0.1:${port};`)
        .replace('edge-transcode-job-operator:8081', page)
        .replaceAll(/\/tmp\/|\/etc\/page-readers\//g, `${folder}/`);
      await writeFile(join(folder, 'nginx.conf'), text);
      // Its log from the beginning, and a user that may read the folder: root would give itself another one.
      const args = ['-c', join(folder, 'nginx.conf'), '-p', folder, '-e', 'stderr'];
      args.push('-g', `user ${userInfo().username};`);
      const nginx = await processes.start({ name: `nginx-${port}`, command: program, args });
      const address = `http://127.0.0.1:${port}`;
      await nginx.ready(async () => (await fetch(`${address}/healthz`).catch(() => undefined))?.ok ?? false);
      return address;
    });
  }

  it('is not shown to a stranger, nor are its parts', async () => {
    for (const path of ['/', '/page.css', '/?object=default/seen']) {
      const answer = await fetch(`${url}${path}`);
      expect(answer.status, path).to.equal(401);
      expect(await answer.text()).to.not.contain('seen');
    }
  });

  it('is shown to a reader, with its style, script and policy', async () => {
    const answer = await fetch(url, { headers: READER });
    expect(answer.headers.get('content-security-policy')).to.contain("default-src 'none'");
    expect(await answer.text()).to.contain('seen</a>');
    for (const path of ['/page.css', '/page.js'])
      expect((await fetch(`${url}${path}`, { headers: READER })).status).to.equal(200);
  });

  it('answers a reader that nothing is new', async () => {
    const style = await fetch(`${url}/page.css`, { headers: READER });
    const etag = style.headers.get('etag') ?? '';
    const again = await fetch(`${url}/page.css`, { headers: { ...READER, 'if-none-match': etag } });
    expect(again.status).to.equal(304);
  });
});
