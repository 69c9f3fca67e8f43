/**
 * What the operator's options mean for the domain.
 */
import type { ScheduleSettings } from './schedule.ts';
import type { StreamUrlMode } from './stream-url.ts';

export interface JobSettings extends ScheduleSettings {
  readonly streamUrls: StreamUrlMode;
}
