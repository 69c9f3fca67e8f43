/**
 * Tenants who write many or restless objects, and pods that scrape without end, while another namespace is
 * observed.
 */
import { holdsAgainst } from '../../support/attacks/hold.ts';
import { SCRAPERS_OF_METRICS } from '../../support/attacks/kinds/connections.ts';
import { MADE_UP_JOBS, REDACTION_BOMB } from '../../support/attacks/kinds/objects.ts';
import { RECREATION_STORM, REFRESH_STORM, STATUS_FLOOD } from '../../support/attacks/kinds/storms.ts';

describe('the operator, under hostile objects and scrapers,', () => {
  holdsAgainst([
    REFRESH_STORM,
    RECREATION_STORM,
    MADE_UP_JOBS,
    STATUS_FLOOD,
    SCRAPERS_OF_METRICS,
    REDACTION_BOMB,
  ]);
});
