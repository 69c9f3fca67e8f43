/** Runs the same tests of the verbs in both ways in: in the same process, and over the admin port. */
import { type AdminServer, startAdmin } from '../admin/admin.ts';
import { AdminClient } from '../admin/admin-client.ts';
import { type Simulator, startSimulator } from '../simulator.ts';
import type { CloudWorld } from '../world/cloud-world.ts';

export interface WayIn {
  readonly world: CloudWorld;
  /** What the world belongs to. */
  readonly simulator: Simulator;
}

/** @param tests defines them; the way in is there once a test runs, and new for each. */
export function throughEachWayIn(title: string, tests: (enter: () => WayIn) => void): void {
  describe(title, () => {
    let simulator: Simulator;
    let admin: AdminServer;
    before(async () => {
      simulator = await startSimulator();
      admin = await startAdmin(simulator);
    });
    beforeEach(() => simulator.reset());
    after(async () => {
      await admin.close();
      await simulator.close();
    });

    describe('in the same process', () => tests(() => ({ world: simulator, simulator })));
    describe('over the admin port', () => {
      tests(() => ({ world: new AdminClient(admin.url), simulator }));
    });
  });
}
