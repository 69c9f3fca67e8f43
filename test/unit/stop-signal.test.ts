// SIGTERM in the first tenths of a second, while the program is still being loaded.

import { execFile } from 'node:child_process';
import { expect } from 'chai';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

/** Makes the process send itself the signal as soon as `app.ts` runs, after the first import of `main.ts`. */
const PRELOAD = `
import { registerHooks } from 'node:module';
registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.endsWith('/src/app.ts')) return loaded;
    return { ...loaded, source: "process.kill(process.pid, 'SIGTERM');" + loaded.source };
  },
});`;

describe('a signal to stop', () => {
  it('that comes while the program is loaded ends it with 0, and is not lost in a container', async () => {
    const preload = `data:text/javascript,${encodeURIComponent(PRELOAD)}`;
    const args = ['--import', preload, MAIN, '--kubeconfig=/nowhere', '--http-address=127.0.0.1:0'];
    const ended = await new Promise((resolve) => {
      execFile(process.execPath, args, { timeout: 20_000 }, (error, stdout) =>
        resolve({ code: error?.code ?? 0, signal: error?.signal ?? undefined, stdout }),
      );
    });
    expect(ended).to.include({ code: 0, signal: undefined });
    expect((ended as { stdout: string }).stdout).to.contain('"msg":"stopping"');
  });
});
