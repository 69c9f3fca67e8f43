/** The request parameters of the product `Sts`, checked as its pages say. Each function throws `ApiError`. */
import { invalidDuration, invalidPolicy, invalidStsParameter, missingStsParameter } from './sts-error.ts';

type Parameters = ReadonlyMap<string, string>;

const ROLE_ARN = /^acs:ram::[^:]+:\S+$/;
const SESSION_NAME = /^[\w.@-]{2,64}$/;
const EXTERNAL_ID = /^[\w+=,.@:/-]{2,1224}$/;

const DEFAULT_SECONDS = 3_600;
const LEAST_SECONDS = 900;

export function required(parameters: Parameters, name: string): string {
  const value = parameters.get(name);
  if (!value) throw missingStsParameter(name);
  return value;
}

/** An ARN of something else than a role is well-formed: there is no such role. */
export function roleARNOf(parameters: Parameters): string {
  const roleARN = required(parameters, 'RoleArn');
  if (!ROLE_ARN.test(roleARN)) throw invalidStsParameter('RoleArn');
  return roleARN;
}

export function sessionNameOf(parameters: Parameters): string {
  const name = required(parameters, 'RoleSessionName');
  if (!SESSION_NAME.test(name)) throw invalidStsParameter('RoleSessionName');
  return name;
}

/** Empty where there is none. */
export function externalIDOf(parameters: Parameters): string {
  const externalID = parameters.get('ExternalId') ?? '';
  if (externalID && !EXTERNAL_ID.test(externalID)) throw invalidStsParameter('ExternalId');
  return externalID;
}

/** @param most of the role, in seconds. */
export function secondsOf(parameters: Parameters, most: number): number {
  const text = parameters.get('DurationSeconds');
  if (!text) return DEFAULT_SECONDS;
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds >= LEAST_SECONDS && seconds <= most)) throw invalidDuration();
  return seconds;
}

/** Session policies are not simulated. A policy is refused, because it would have no effect. */
export function refusePolicy(parameters: Parameters): void {
  if (parameters.get('Policy')) throw invalidPolicy();
}
