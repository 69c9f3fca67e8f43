// What a release publishes beside the image: the chart and the manifests with the image by its digest.

import { replaced } from './replaced.ts';
import type { Read } from './version.ts';

/** Texts by the path that they replace in the chart, and by the name under which they are published. */
export type ReleaseFiles = {
  readonly chart: Readonly<Record<string, string>>;
  readonly published: Readonly<Record<string, string>>;
};

/** A digest is a hash of the image's content, so it cannot lead to another image, as a tag can. */
const DIGEST = /^sha256:[0-9a-f]{64}$/;

const PLACEHOLDER_VALUES = `
  # A placeholder: no image is published. Build it, push it, and name it here
  repository: edge-transcode-job-operator
`;
/** The same in the chart's README: a sentence, and the row of that value. */
const PLACEHOLDER_SENTENCE = /No image is published: .*\n\n/;
const PLACEHOLDER_ROW = /\| `image\.repository` \|.*\n/;
const PLACEHOLDER_COMMENT = /^# The image is a placeholder(?:.*\n)+?#\n/m;
const PLACEHOLDER_IMAGE = /image: "edge-transcode-job-operator:[^"]+"/;

/**
 * @param image without tag and digest, such as `ghcr.io/media/edge-transcode-job-operator`
 * @throws an Error if the digest is none, or if a file has no placeholder to put the image into
 */
export function releaseFiles(image: string, digest: string, read: Read): ReleaseFiles {
  if (!DIGEST.test(digest))
    throw new Error(`${digest} is not a digest: sha256 and 64 hexadecimal digits are`);
  const manifests = (path: string): string => {
    const text = replaced(path, read(path), PLACEHOLDER_IMAGE, `image: "${image}@${digest}"`);
    return PLACEHOLDER_COMMENT.test(text) ? text.replace(PLACEHOLDER_COMMENT, '') : text;
  };
  const path = 'deploy/chart/values.yaml';
  const named = replaced(path, read(path), PLACEHOLDER_VALUES, `\n  repository: ${image}\n`);
  const readme = 'deploy/chart/README.md';
  const page = replaced(readme, read(readme), PLACEHOLDER_SENTENCE, '');
  const row = `| \`image.repository\` | \`"${image}"\` | |\n`;
  return {
    chart: {
      'values.yaml': replaced(path, named, '\n  digest: ""\n', `\n  digest: ${digest}\n`),
      'README.md': replaced(readme, page, PLACEHOLDER_ROW, row),
    },
    published: {
      'install.yaml': manifests('deploy/install.yaml'),
      'install-namespaced.yaml': manifests('deploy/namespaced/install.yaml'),
      'watched-namespace.yaml': read('deploy/namespaced/watched-namespace.yaml'),
      'crd.yaml': read('crds/edgetranscodejobs.edgetranscode.live.yaml'),
    },
  };
}
