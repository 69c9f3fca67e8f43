// The endpoint of STS, by region and from the environment.

import { expect } from 'chai';
import { stsEndpointOf, stsEndpointOfRegion } from '../../../../src/cloud/sts/sts-endpoint.ts';

describe('the endpoint of STS in a region', () => {
  it('is a host of its own', () => {
    const host = 'sts.cn-shanghai.aliyuncs.com';
    expect(stsEndpointOfRegion('cn-shanghai')).to.deep.equal({ protocol: 'https', host });
  });

  it('leads to an STS that exists where Live has a point of presence', () => {
    expect(stsEndpointOfRegion('ap-northeast-2-pop').host).to.equal('sts.ap-northeast-2.aliyuncs.com');
    expect(stsEndpointOfRegion('ap-northeast-2-pop', 'vpc').host).to.equal(
      'sts-vpc.ap-northeast-2.aliyuncs.com',
    );
    for (const region of ['cn-shanghai', 'cn-beijing', 'ap-southeast-1', 'eu-central-1'])
      expect(stsEndpointOfRegion(region).host).to.equal(`sts.${region}.aliyuncs.com`);
  });
});

describe("the environment's endpoint of STS", () => {
  const [ENDPOINT, REGION] = ['ALIBABA_CLOUD_STS_ENDPOINT', 'ALIBABA_CLOUD_STS_REGION'];
  const VPC = 'ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED';
  const hostOf = (environment: Record<string, string>) => stsEndpointOf(environment, 'cn-shanghai')?.host;

  it('is undefined when its variables are not set', () => {
    expect(hostOf({})).to.equal(undefined);
    expect(hostOf({ [ENDPOINT]: '', [REGION]: ' ', [VPC]: 'false' })).to.equal(undefined);
  });

  it('is what the identity webhook of the cluster names: a host, a region, or the private network', () => {
    expect(hostOf({ [ENDPOINT]: 'sts.example', [REGION]: 'cn-beijing' })).to.equal('sts.example');
    expect(hostOf({ [ENDPOINT]: 'http://127.0.0.1:7081' })).to.equal('127.0.0.1:7081');
    expect(hostOf({ [REGION]: 'cn-beijing' })).to.equal('sts.cn-beijing.aliyuncs.com');
    expect(hostOf({ [REGION]: 'cn-beijing', [VPC]: 'True' })).to.equal('sts-vpc.cn-beijing.aliyuncs.com');
    expect(hostOf({ [VPC]: 'true' })).to.equal('sts-vpc.cn-shanghai.aliyuncs.com');
  });

  it('is refused, without its value, where it cannot be used', () => {
    expect(() => hostOf({ [ENDPOINT]: 'http://CANARY.example' })).to.throw(
      /^ALIBABA_CLOUD_STS_ENDPOINT must be https; (?!.*CANARY)/,
    );
    expect(() => hostOf({ [ENDPOINT]: 'https://a:CANARY@b' })).to.throw(
      /^ALIBABA_CLOUD_STS_ENDPOINT must not hold a user name (?!.*CANARY)/,
    );
    expect(() => hostOf({ [REGION]: 'CANARY/..' })).to.throw(
      /^ALIBABA_CLOUD_STS_REGION is not a region (?!.*CANARY)/,
    );
  });
});
