/** The frame of every page: its title, the replica that answers, and how old the news is. */
import type { Snapshot } from '../source/snapshot.ts';
import { type Html, html } from './html.ts';
import { age, count } from './parts.ts';

export interface Frame {
  /** Name of the shard; undefined: the one without a name. */
  readonly shard: string | undefined;
  readonly version: string;
}

/** Seconds after which a browser without JavaScript loads the page again. */
const REFRESH_SECONDS = 10;

/** @param now Unix seconds */
export function document(content: Html, snapshot: Snapshot, frame: Frame, now: number): Html {
  const alarming = snapshot.counts.get('alarming');
  const name =
    frame.shard === undefined ? 'Edge transcoding jobs' : `Edge transcoding jobs, shard ${frame.shard}`;
  return html`<!doctype html>
<html lang="en" data-now="${Math.round(now * 1_000)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${alarming > 0 && `(${alarming}) `}${name}</title>
<link rel="icon" href="./icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="./page.css">
<script src="./page.js" defer></script>
<noscript><meta http-equiv="refresh" content="${REFRESH_SECONDS}"></noscript>
</head>
<body>
<a class="skip" href="#main">To the content</a>
<header>
<h1><a href="./">${name}</a></h1>
<div id="replica" data-live>${replica(snapshot, now)}</div>
<p id="silent" role="alert"></p>
</header>
<main id="main">
${content}
</main>
<footer>edge-transcode-job-operator ${frame.version}. This page only reads; use kubectl to change something.</footer>
</body>
</html>
`;
}

function replica({ isLeading, leader, missing, watchProgressedAt, rows }: Snapshot, now: number): Html {
  const role = isLeading
    ? html`This replica leads.`
    : html`This replica is a standby${leader !== undefined && html`; <b>${leader}</b> leads`}. What is “observed” comes from the stored statuses, which the leader writes with each change and now and then.`;
  return html`<p>${count(rows.length, 'object')}. ${role} Heard from the API server ${age(watchProgressedAt, now)} ago.</p>
${missing !== undefined && html`<p class="message NotReady">Objects may be missing: ${missing}.</p>`}`;
}
