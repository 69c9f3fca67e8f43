/**
 * The operator's options as the domain uses them.
 */
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import type { StreamUrlMode } from '../model/stream-url.ts';
import type { ScheduleSettings } from './poll-schedule.ts';

export interface JobSettings extends ScheduleSettings {
  readonly streamUrls: StreamUrlMode;
}

/** Returns the settings in force for an object: the intervals of its namespace may be longer. */
export type SettingsOf = (object: EdgeTranscodeJob) => JobSettings;
