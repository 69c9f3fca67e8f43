/**
 * What the operator's options mean for the domain.
 */
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import type { StreamUrlMode } from '../model/stream-url.ts';
import type { ScheduleSettings } from './poll-schedule.ts';

export interface JobSettings extends ScheduleSettings {
  readonly streamUrls: StreamUrlMode;
}

/** The settings as they hold for an object: its account's intervals may be stretched. */
export type SettingsOf = (object: EdgeTranscodeJob) => JobSettings;
