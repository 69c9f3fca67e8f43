/** Tenants who write many or restless objects, while another namespace is observed. */
import { holdsAgainst } from '../../support/attacks/hold.ts';
import { MADE_UP_JOBS, REDACTION_BOMB } from '../../support/attacks/kinds/objects.ts';
import { RECREATION_STORM, REFRESH_STORM } from '../../support/attacks/kinds/storms.ts';

describe('the operator, under hostile objects,', () => {
  holdsAgainst([REFRESH_STORM, RECREATION_STORM, MADE_UP_JOBS, REDACTION_BOMB]);
});
