/** The budgets of the accounts in use, as a table that scrolls sideways where there is no room. */
import type { Account } from '../source/snapshot.ts';
import { type Html, html } from './html.ts';
import { age, count } from './parts.ts';

/** Accounts that are shown, those with the greatest load. */
const MOST_ACCOUNTS = 20;

/** Credentials of an account that are named. */
const MOST_IDENTITIES = 5;

/** An account with a higher load is marked. The alert EdgeTranscodeDemandHigh uses the same bound. */
const HIGH_LOAD = 0.8;

/** @param accounts undefined on a standby */
export function accountsView(accounts: readonly Account[] | undefined, now: number): Html {
  return html`<div id="accounts" data-live class="scroll" tabindex="0" role="region" aria-labelledby="budgets">${content(accounts, now)}</div>`;
}

function content(accounts: readonly Account[] | undefined, now: number): Html {
  if (accounts) return accountsTable(accounts, now);
  return html`<p>Only the leader knows budget, demand and throttling. This replica is a standby.</p>`;
}

function accountsTable(accounts: readonly Account[], now: number): Html {
  if (accounts.length === 0) return html`<p>No account is in use.</p>`;
  const rows = accounts.slice(0, MOST_ACCOUNTS).map((account) => accountRow(account, now));
  const more = accounts.length - MOST_ACCOUNTS;
  return html`<table>
<thead><tr><th scope="col">Credentials</th><th scope="col">Calls a minute</th><th scope="col">Demand</th><th scope="col">Intervals</th><th scope="col">Waiting</th><th scope="col">Last throttled</th><th scope="col">Failing</th></tr></thead>
<tbody>${rows}</tbody>
</table>${more > 0 && html`<p>And ${count(more, 'account')} with less load.</p>`}`;
}

function accountRow({ identities, ...account }: Account, now: number): Html {
  const { budget, demand, load, stretch, waiting, throttledAt, failing } = account;
  const others = identities.length - MOST_IDENTITIES;
  const names = `${identities.slice(0, MOST_IDENTITIES).join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
  const perMinute = (rate: number) => Math.round(rate * 60).toLocaleString('en');
  const percent = `${Math.round(load * 100)}%`;
  return html`<tr>
<th scope="row">${names}</th>
<td>${perMinute(budget)}</td>
<td${load > HIGH_LOAD && html` class="high"`}>${perMinute(demand)} <small>${percent}</small> <meter min="0" max="1" high="${HIGH_LOAD}" value="${Math.min(1, load).toFixed(2)}" aria-label="Load">${percent}</meter></td>
<td>${stretch > 1 ? html`<b class="alarm">× ${stretch.toFixed(2)}</b>` : 'as wished'}</td>
<td>${waiting?.toLocaleString('en') ?? html`<span class="none">not shown</span>`}</td>
<td>${age(throttledAt, now)}</td>
<td>${failing > 0 ? html`<b class="alarm">${count(failing, 'object')}</b>` : '0'}</td>
</tr>`;
}
