// Keys, tokens and kubeconfig files of one control plane. Nothing here is worth stealing, and yet only our
// user may read it: on a shared machine every user can reach the server's port.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { selfSignedCertificate } from '../../../simulator/http/certificate.ts';

const OURS_ALONE = { mode: 0o600 } as const;

export type Credentials = {
  /** The token of user `admin` in the group system:masters, which no RBAC rule restricts. */
  readonly adminToken: string;
  /**
   * The server's certificate (PEM), by which clients verify it: it signed itself. The server would make two
   * RSA keys for one of its own, which take a fifth of its start.
   */
  readonly certificate: string;
  /** Files for the server's flags. */
  readonly certificateFile: string;
  readonly certificateKeyFile: string;
  readonly tokensFile: string;
  readonly serviceAccountKeyFile: string;
  readonly serviceAccountPublicKeyFile: string;
};

/** Makes new ones in `directory`. */
export async function makeCredentials(directory: string): Promise<Credentials> {
  const { cert, key: certificateKey } = selfSignedCertificate();
  const credentials: Credentials = {
    adminToken: randomBytes(32).toString('hex'),
    certificate: cert,
    certificateFile: join(directory, 'server.crt'),
    certificateKeyFile: join(directory, 'server.key'),
    tokensFile: join(directory, 'tokens.csv'),
    serviceAccountKeyFile: join(directory, 'service-account.key'),
    serviceAccountPublicKeyFile: join(directory, 'service-account.pub'),
  };
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = keys.privateKey.export({ type: 'pkcs8', format: 'pem' });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(
    credentials.tokensFile,
    `${credentials.adminToken},admin,admin,"system:masters"\n`,
    OURS_ALONE,
  );
  await writeFile(credentials.certificateFile, cert);
  await writeFile(credentials.certificateKeyFile, certificateKey, OURS_ALONE);
  await writeFile(credentials.serviceAccountKeyFile, key, OURS_ALONE);
  await writeFile(
    credentials.serviceAccountPublicKeyFile,
    keys.publicKey.export({ type: 'spki', format: 'pem' }),
  );
  return credentials;
}

/** Writes a kubeconfig of one cluster and one user, with all that it needs inside, and returns its path. */
export async function writeKubeconfig(
  file: string,
  cluster: { readonly server: string; readonly authority: string },
  user: { readonly name: string; readonly token: string; readonly namespace?: string },
): Promise<string> {
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'test',
        cluster: {
          server: cluster.server,
          'certificate-authority-data': Buffer.from(cluster.authority).toString('base64'),
        },
      },
    ],
    users: [{ name: user.name, user: { token: user.token } }],
    contexts: [
      { name: 'test', context: { cluster: 'test', user: user.name, namespace: user.namespace ?? 'default' } },
    ],
    'current-context': 'test',
  };
  await writeFile(file, stringify(kubeconfig, { lineWidth: 0 }), OURS_ALONE);
  return file;
}
