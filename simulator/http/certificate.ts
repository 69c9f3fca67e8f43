/**
 * A self-signed certificate for loopback, made on the spot: tests of TLS need no openssl, and no private key
 * lies in the repository. X.509 v3 in DER (RFC 5280), P-256 and SHA-256.
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { TlsOptions } from './listener.ts';

const DAY_MS = 24 * 60 * 60_000;

// Tags of DER, as far as they are needed here.
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_ID = 0x06;
const UTF8_STRING = 0x0c;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const SET = 0x31;
const explicit = (number: number) => 0xa0 + number;
/** `iPAddress` of a GeneralName. */
const IP_ADDRESS = 0x87;

// Object identifiers, already encoded.
const COMMON_NAME = '550403';
const SUBJECT_ALT_NAME = '551d11';
const ECDSA_WITH_SHA256 = '2a8648ce3d040302';

/**
 * Valid for 127.0.0.1, from yesterday on, for a year. It is its own authority: clients pass it as `ca` to
 * trust it.
 */
export function selfSignedCertificate(): TlsOptions {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = der(SEQUENCE, objectID(ECDSA_WITH_SHA256));
  const certificate = der(
    SEQUENCE,
    der(explicit(0), der(INTEGER, Buffer.from([2]))),
    der(INTEGER, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name(),
    der(SEQUENCE, time(Date.now() - DAY_MS), time(Date.now() + 365 * DAY_MS)),
    name(),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(explicit(3), der(SEQUENCE, loopbackAddress())),
  );
  const signature = sign('sha256', certificate, privateKey);
  const signed = der(SEQUENCE, certificate, algorithm, der(BIT_STRING, Buffer.from([0]), signature));
  const lines = signed.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function name(): Buffer {
  const commonName = der(SEQUENCE, objectID(COMMON_NAME), der(UTF8_STRING, Buffer.from('loopback')));
  return der(SEQUENCE, der(SET, commonName));
}

function loopbackAddress(): Buffer {
  const names = der(SEQUENCE, der(IP_ADDRESS, Buffer.from([127, 0, 0, 1])));
  return der(SEQUENCE, objectID(SUBJECT_ALT_NAME), der(OCTET_STRING, names));
}

function objectID(hex: string): Buffer {
  return der(OBJECT_ID, Buffer.from(hex, 'hex'));
}

function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().slice(0, 19).replace(/\D/g, '');
  return der(GENERALIZED_TIME, Buffer.from(`${digits}Z`));
}

/** Tag, length, content. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content), content]);
}

/** Encodes a length of at most 65,535 in the fewest bytes, as DER demands. */
function lengthOf({ length }: Buffer): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  return Buffer.from(length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]);
}
