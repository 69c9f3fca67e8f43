// At the bound, the oldest connection of the client with the most gives way to a new one.

import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import { Connections } from '../../../src/http/connections.ts';

/** The part of a socket that is used. */
class FakeSocket extends EventEmitter {
  readonly remoteAddress: string;
  isClosed = false;

  constructor(remoteAddress: string) {
    super();
    this.remoteAddress = remoteAddress;
  }

  destroy(): void {
    this.isClosed = true;
    this.emit('close');
  }
}

describe('the connections of a server', () => {
  let connections: Connections;
  beforeEach(() => {
    connections = new Connections(4, 2);
  });

  function open(address: string): FakeSocket {
    const socket = new FakeSocket(address);
    connections.add(socket as unknown as Socket);
    return socket;
  }

  it('are all kept up to the bound', () => {
    const sockets = ['a', 'a', 'a', 'b'].map(open);
    expect(sockets.some(({ isClosed }) => isClosed)).to.equal(false);
  });

  it('lose the oldest of a crowd, not the newest and not that of another client', () => {
    const probe = open('node');
    const crowd = ['pod', 'pod', 'pod', 'pod'].map(open);
    expect(crowd.map(({ isClosed }) => isClosed)).to.deep.equal([true, false, false, false]);
    const next = open('node');
    expect(crowd.map(({ isClosed }) => isClosed)).to.deep.equal([true, true, false, false]);
    expect([probe, next].some(({ isClosed }) => isClosed)).to.equal(false);
  });

  it('lose the oldest of all where no client has a crowd: the two probes of a node are not one', () => {
    const pods = ['a', 'b', 'c'].map(open);
    const probes = ['node', 'node'].map(open);
    expect([...pods, ...probes].map(({ isClosed }) => isClosed)).to.deep.equal([
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it('no longer count when they are closed', () => {
    const closed = ['a', 'a', 'a', 'a'].map(open);
    for (const socket of closed) socket.destroy();
    const sockets = ['b', 'b', 'b', 'b'].map(open);
    expect(sockets.some(({ isClosed }) => isClosed)).to.equal(false);
  });
});
