import { lintBundle, parseBundle, type Finding, type InForce } from '#libs/policy-language';
import type { SetEntry, Sets } from './draft-messages.js';

/** Documents that are looked at for one deletion; a set that names it in more of them is told of the first. */
const LOOKED_AT_MAX = 500;
/** Findings of one deletion. */
const TOLD_MAX = 50;

type Gone = Pick<SetEntry, 'kind' | 'name'>;
const idOf = ({ kind, name }: Gone) => `${kind}/${name}`;

/**
 * What documents that stay name in vain once others are gone: a role that is bound, an account of models, a target of
 * routes. Told, and no reason to refuse: whoever takes something away may have to do it at once.
 */
export function leftBehind(gone: readonly Gone[], { own }: Sets, inForce: InForce): readonly Finding[] {
  const ids = new Set(gone.map(idOf));
  const naming = own.filter((entry) => !ids.has(idOf(entry)) && gone.some(({ name }) => entry.text.includes(name)));
  if (naming.length === 0) return [];
  const bundle = parseBundle(naming.slice(0, LOOKED_AT_MAX).map((entry) => ({ name: idOf(entry), text: entry.text })));
  const staying = inForce.tenantDocuments.filter(({ kind, metadata }) => !ids.has(`${kind}/${metadata.name}`));
  const before = new Set(lintBundle(bundle, inForce).errors.map(placeOf));
  return lintBundle(bundle, { ...inForce, tenantDocuments: staying })
    .errors.filter((finding) => !before.has(placeOf(finding)))
    .slice(0, TOLD_MAX)
    .map((finding) => ({ ...finding, severity: 'warning', suggestion: `Change or delete ${finding.document} too.` }));
}

const placeOf = ({ file, pointer, rule }: Finding) => `${file} ${pointer} ${rule}`;
