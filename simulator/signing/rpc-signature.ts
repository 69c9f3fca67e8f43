/**
 * HMAC-SHA1 over all parameters: how RPC calls were signed before ACS3, after the vendor's page "Request
 * syntax and signature method V2 for RPC APIs". The vendor's own credential providers still sign AssumeRole
 * like this.
 *
 * Pure functions that share no code with the SDK.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { canonicalQuery, percentEncode } from './signature.ts';

export interface RpcRequest {
  readonly method: string;
  /** The decoded parameters of the query and of a form in the body. */
  readonly parameters: ReadonlyMap<string, string>;
}

const ALWAYS_SENT = ['AccessKeyId', 'Signature', 'SignatureNonce', 'Timestamp'];

/** Whether this is a request signed so, with all that belongs to it. */
export function isRpcSigned({ parameters }: RpcRequest): boolean {
  return (
    ALWAYS_SENT.every((name) => parameters.get(name)) &&
    parameters.get('SignatureMethod') === 'HMAC-SHA1' &&
    parameters.get('SignatureVersion') === '1.0'
  );
}

/** Method, path, and every parameter but the signature itself, encoded once more. */
export function rpcStringToSign({ method, parameters }: RpcRequest): string {
  const signed = [...parameters].filter(([name]) => name !== 'Signature');
  return `${method.toUpperCase()}&${percentEncode('/')}&${percentEncode(canonicalQuery(signed))}`;
}

/** The signature in Base64. The key of the HMAC is the secret and an ampersand. */
export function rpcSign(secret: string, stringToSign: string): string {
  return createHmac('sha1', `${secret}&`).update(stringToSign).digest('base64');
}

export function isRpcSignedWith(secret: string, request: RpcRequest): boolean {
  const expected = Buffer.from(rpcSign(secret, rpcStringToSign(request)));
  const given = Buffer.from(request.parameters.get('Signature') ?? '');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
