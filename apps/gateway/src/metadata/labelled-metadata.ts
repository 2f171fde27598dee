import type { Authenticated } from '#libs/access';
import { callLabels } from '#libs/decision-engine';
import { NO_METADATA, type Metadata } from './pairs.js';

/** What holds for a call, and what its caller said otherwise. */
export type LabelledMetadata = {
  /** What conditions read and records keep. */
  readonly metadata: Metadata;
  /** What the caller said where a label says something else; undefined, almost always, where there is nothing. */
  readonly overruled: Metadata | undefined;
};

const labels = new WeakMap<Authenticated, Metadata>();

/** The labels that whoever gave out the credential put on it say what a call is, whatever its caller says. */
export function labelledMetadata(caller: Authenticated, said: Metadata): LabelledMetadata {
  const fixed = labelsOf(caller);
  if (fixed === NO_METADATA) return { metadata: said, overruled: undefined };
  if (said === NO_METADATA) return { metadata: fixed, overruled: undefined };
  const metadata = joined(said, fixed);
  const overruled = Object.entries(said).filter(([key, value]) => metadata[key] !== value);
  return { metadata, overruled: overruled.length === 0 ? undefined : joined(Object.fromEntries(overruled)) };
}

/** Of the caller's key, virtual account and tenant. */
export function labelsOf(caller: Authenticated): Metadata {
  const known = labels.get(caller);
  if (known) return known;
  const all = callLabels(caller);
  const made = Object.keys(all).length === 0 ? NO_METADATA : Object.freeze(all);
  labels.set(caller, made);
  return made;
}

function joined(...all: readonly Readonly<Record<string, string>>[]): Metadata {
  const pairs = Object.create(null) as Record<string, string>;
  for (const each of all) for (const [key, value] of Object.entries(each)) pairs[key] = value;
  return pairs;
}
