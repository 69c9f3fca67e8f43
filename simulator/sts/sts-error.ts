/**
 * The errors of the product `Sts`: status, code and message as the vendor's pages give them (AssumeRole,
 * AssumeRoleWithOIDC, the product's list of error codes, and "Use RRSA to authorize pods").
 */
import { ApiError } from '../http/api-error.ts';

/** The pages give this code for the sibling AssumeRoleWithSAML; those of the others do not say. */
export function missingStsParameter(name: string): ApiError {
  return new ApiError(400, `MissingParameter.${name}`, `Parameter ${name} is required.`);
}

export function invalidStsParameter(name: string): ApiError {
  return new ApiError(400, `InvalidParameter.${name}`, `The parameter ${name} is wrongly formed.`);
}

/** The text is the vendor's, whatever the role allows. */
export function invalidDuration(): ApiError {
  const message = 'The Min/Max value of DurationSeconds is 15min/1hr.';
  return new ApiError(400, 'InvalidParameter.DurationSeconds', message);
}

export function invalidPolicy(): ApiError {
  const message = 'The parameter Policy has not passed grammar check.';
  return new ApiError(400, 'InvalidParameter.PolicyGrammar', message);
}

export function roleNotFound(roleARN: string): ApiError {
  return new ApiError(404, 'EntityNotExist.Role', `The role not exists: ${roleARN}.`);
}

/** The vendor's error for a caller that may assume no role, and for one that the role does not trust. */
export function assumeRoleDenied(): ApiError {
  const message = 'You are not authorized to do this action. You should be authorized by RAM.';
  return new ApiError(403, 'NoPermission', message);
}

export function rootMayNotAssume(): ApiError {
  return new ApiError(403, 'NoPermission', 'Roles may not be assumed by root accounts.');
}

// AssumeRoleWithOIDC's: 401, whatever is wrong with the token, its provider or the trust.

export function noSuchProvider(): ApiError {
  return authenticationFailed('NoPermission', 'No such OIDC Provider registered.');
}

export function providerNotTrusted(): ApiError {
  return authenticationFailed('NoPermission', 'There is no permission');
}

export function emptyOIDCToken(): ApiError {
  return authenticationFailed('OIDCToken.Invalid', 'The OIDCToken can not empty.');
}

export function malformedOIDCToken(): ApiError {
  const message = "The number of Jwt field should be divided into 3 parts with '.' .";
  return authenticationFailed('OIDCToken.Invalid', message);
}

export function forgedOIDCToken(): ApiError {
  const message = 'OIDC token validate failed: invalid signature.';
  return authenticationFailed('OIDCToken.InvalidSignature', message);
}

export function anotherIssuer(): ApiError {
  const message = "The issuer in the OIDC Token doesn't match the OIDC Provider registered.";
  return authenticationFailed('OIDCToken.IssuerNotMatch', message);
}

export function expiredOIDCToken(): ApiError {
  return authenticationFailed('OIDCToken.Expired', 'This JsonWebToken is expired.');
}

function authenticationFailed(what: string, message: string): ApiError {
  return new ApiError(401, `AuthenticationFail.${what}`, message);
}
