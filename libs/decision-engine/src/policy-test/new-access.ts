import { isAsWide, openAllows, type PossibleAccess } from './possible-access.js';

/**
 * The statement that lets somebody do what `before` did not let them; undefined when everything that `after` leaves
 * possible was possible before, whatever the request: shown by containment, so that what cannot be shown counts as new.
 */
export function isNewAccess(before: PossibleAccess, after: PossibleAccess): string | undefined {
  const open = openAllows(after);
  const held = openAllows(before);
  const unheld = open.find((allow) => !held.some((old) => isAsWide(old, allow)));
  const [first] = open;
  if (unheld || !first) return unheld?.id;
  const isDenyKept = before.denies.every((old) => after.denies.some((deny) => isAsWide(deny, old)));
  const isCeilingKept = before.ceilings.every((old) =>
    after.ceilings.some((ceiling) => ceiling.every((alternative) => old.some((wide) => isAsWide(wide, alternative)))),
  );
  return isDenyKept && isCeilingKept ? undefined : `${first.id}, since a deny or boundary no longer keeps them from it`;
}
