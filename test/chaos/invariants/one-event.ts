/**
 * Each transition has exactly one event. An event may be missing where the docs say so: above the rate, which
 * the operator counts, and where the leader or its way to the API server ended between status and event.
 */
import type { CreatedEvent, Moment, StatusWrite } from '../observer/moment.ts';
import { Invariant, isTouched } from './parts/invariant.ts';
import { transitionsBetween } from './parts/transitions.ts';
import { type KnownWrite, WriteHistory } from './parts/write-history.ts';

interface Transition {
  readonly write: StatusWrite;
  readonly reason: string;
  hasEvent: boolean;
}

/** The time that an event has after its status, on a busy machine. */
const EVENT_WITHIN_MS = 20_000;
/** Faults so close before a write may have left the event behind. */
const CLOSE_MS = 5_000;
/** An event is sent after its status was answered; the two may come in at one millisecond. */
const EARLY_MS = 50;

const DROPPED = 'edgetranscode_events_dropped_total';

export class OneEvent extends Invariant {
  override readonly name = 'each transition has exactly one event';
  readonly #history = new WriteHistory();
  #open: Transition[] = [];
  #events: CreatedEvent[] = [];
  /** When each object was last written over a status that was not seen, or perhaps written. */
  readonly #unsure = new Map<string, number>();
  /** Dropped events by process, and those that excused a missing one. */
  readonly #dropped = new Map<number, number>();
  #excused = 0;

  check(moment: Moment): void {
    for (const { name: _name, pid, metrics } of moment.processes)
      this.#dropped.set(pid, metrics?.get(DROPPED) ?? this.#dropped.get(pid) ?? 0);
    for (const known of this.#history.take(moment)) this.#transitions(known);
    // The operator sees by its watch that such a write was stored, and sends the events of it.
    for (const { uid, at, isAccepted } of moment.writes) if (!isAccepted) this.#unsure.set(uid, at);
    this.#events.push(...moment.events);
    this.#match(moment);
    this.#expire(moment);
  }

  #transitions({ write, before }: KnownWrite): void {
    if (before === 'unknown') this.#unsure.set(write.uid, write.at);
    else
      for (const reason of transitionsBetween(before === 'none' ? {} : before.status, write.status))
        this.#open.push({ write, reason, hasEvent: false });
  }

  /** Gives each event to its transition. One without a transition is one too many. */
  #match({ now }: Moment): void {
    this.#events = this.#events.filter((event) => {
      const isIts = ({ write, reason, hasEvent }: Transition) =>
        !hasEvent && write.uid === event.uid && reason === event.reason && write.at <= event.at + EARLY_MS;
      const found = this.#open.find(isIts);
      if (found) found.hasEvent = true;
      // The audit log may show the write a moment later.
      if (found || now - event.at < CLOSE_MS) return !found;
      const isUnsure = event.at - (this.#unsure.get(event.uid) ?? 0) < EVENT_WITHIN_MS;
      const sentence = `an event ${event.reason} of ${event.uid} without a transition, at ${event.at}`;
      if (!isUnsure) this.compare(sentence);
      return false;
    });
  }

  #expire({ now, disturbances }: Moment): void {
    this.#open = this.#open.filter(({ write, reason, hasEvent }) => {
      if (!hasEvent && now - write.at < EVENT_WITHIN_MS) return true;
      const isDisturbed = (each: { ofOperators: boolean }) => each.ofOperators;
      const [from, until] = [write.at - CLOSE_MS, write.at + EVENT_WITHIN_MS];
      if (!hasEvent && isTouched(disturbances, from, until, isDisturbed)) return false;
      if (!hasEvent && this.#excuse()) return false;
      const sentence = `${write.namespace}/${write.name} has no event ${reason} for the write of ${write.at}`;
      this.compare(hasEvent ? undefined : sentence);
      return false;
    });
  }

  /** Takes one of the events that the operators say they dropped. */
  #excuse(): boolean {
    const dropped = [...this.#dropped.values()].reduce((sum, count) => sum + count, 0);
    if (this.#excused >= dropped) return false;
    this.#excused += 1;
    return true;
  }
}
