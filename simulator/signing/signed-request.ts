/**
 * What a request says of its signer, in either of the vendor's ways to sign: an ACS3 `Authorization` header,
 * or the parameters of the older RPC signature. Nothing of it is verified here.
 */
import { type ApiError, rpcSignatureDoesNotMatch, signatureDoesNotMatch } from '../http/api-error.ts';
import { type HttpRequest, header } from '../http/http-request.ts';
import { isRpcSigned, isRpcSignedWith, type RpcRequest, rpcStringToSign } from './rpc-signature.ts';
import {
  type Authorization,
  canonicalRequest,
  isSignedWith,
  parseAuthorization,
  sha256,
  stringToSign,
  unsignedHeaders,
} from './signature.ts';

export interface SignedRequest {
  readonly accessKeyID: string;
  readonly date: string;
  /** Empty where there is none. */
  readonly securityToken: string;
  readonly nonce: string;
  isSignedWith(secret: string): boolean;
  /** How the vendor refuses it where it is not signed with the key's secret. */
  mismatch(): ApiError;
}

/** Undefined where something that belongs to a signature is missing. */
export function signedRequestOf(
  request: HttpRequest,
  parameters: ReadonlyMap<string, string>,
): SignedRequest | undefined {
  const authorization = parseAuthorization(header(request, 'authorization'));
  if (authorization) return acs3(request, authorization);
  const rpc = { method: request.method, parameters };
  return isRpcSigned(rpc) ? rpcSigned(rpc) : undefined;
}

/** The key that a request names, whether or not it was signed with it. */
export function claimedKeyID(
  request: HttpRequest,
  parameters: ReadonlyMap<string, string>,
): string | undefined {
  return parseAuthorization(header(request, 'authorization'))?.accessKeyID ?? parameters.get('AccessKeyId');
}

function acs3(request: HttpRequest, authorization: Authorization): SignedRequest | undefined {
  const { accessKeyID, signedHeaders, signature } = authorization;
  if (unsignedHeaders(request, signedHeaders).length > 0) return undefined;
  const canonical = canonicalRequest(request, signedHeaders);
  // A body other than the one that was hashed is refused like any other change to what was signed.
  const sameBody = header(request, 'x-acs-content-sha256') === sha256(request.body);
  return {
    accessKeyID,
    date: header(request, 'x-acs-date'),
    securityToken: header(request, 'x-acs-security-token'),
    nonce: header(request, 'x-acs-signature-nonce'),
    isSignedWith: (secret) => sameBody && isSignedWith(secret, canonical, signature),
    mismatch: () => signatureDoesNotMatch(stringToSign(canonical), canonical),
  };
}

function rpcSigned(request: RpcRequest): SignedRequest {
  const parameter = (name: string) => request.parameters.get(name) ?? '';
  return {
    accessKeyID: parameter('AccessKeyId'),
    date: parameter('Timestamp'),
    securityToken: parameter('SecurityToken'),
    nonce: parameter('SignatureNonce'),
    isSignedWith: (secret) => isRpcSignedWith(secret, request),
    mismatch: () => rpcSignatureDoesNotMatch(rpcStringToSign(request)),
  };
}
