// What tests may know of the machine around them.

import { expect } from 'chai';
import { buildEnvironment, testEnvironment } from '../../../../scripts/test/environment.ts';

describe('testEnvironment', () => {
  it('has no credentials, clusters, settings or proxies of the user', () => {
    const outer = {
      HOME: '/home/me',
      ALIBABA_CLOUD_ACCESS_KEY_ID: 'key',
      EDGETRANSCODE_INTERVAL: '5s',
      KUBECONFIG: '/home/me/.kube/production',
      KUBERNETES_SERVICE_HOST: '10.0.0.1',
      https_proxy: 'proxy:1',
      HTTP_PROXY: 'proxy:2',
      NO_PROXY: 'localhost',
    };
    const own = ['ALIBABA_CLOUD_ECS_METADATA_DISABLED', 'NODE_COMPILE_CACHE'];
    expect(testEnvironment(outer)).to.have.all.keys('HOME', 'PATH', ...own);
  });

  it('keeps the credentials library off the metadata service', () => {
    const outer = { ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'false' };
    expect(testEnvironment(outer)).to.include({ ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true' });
  });
});

describe('buildEnvironment', () => {
  it('finds the pinned programs first, and goes out as the user does', () => {
    const { PATH, https_proxy } = buildEnvironment({ PATH: '/usr/bin', https_proxy: 'proxy:1' });
    expect(PATH).to.match(/node_modules\/\.bin:\/usr\/bin$/);
    expect(https_proxy).to.equal('proxy:1');
  });
});
