import { subjectsOf, type PolicyDocument } from '#libs/policy-language';
import { PersistentMap, type MapEdit } from '../persistent/persistent-map.js';
import { canonicalSubject, type HeldBySubject } from '../subjects/subject-index.js';

type Holding<Source> = { readonly sources: PersistentMap<readonly Source[]> };

/** Gathers what documents give to subjects, so that each subject is made anew once, however many documents name it. */
export class SubjectEdits<Source, Held extends Holding<Source>> {
  private readonly bySubject = new Map<string, Map<string, Source[] | undefined>>();

  constructor(
    private readonly former: HeldBySubject<Held>,
    private readonly hold: (sources: PersistentMap<readonly Source[]>) => Held,
  ) {}

  /** What a document gave before is gone. */
  takeBack(id: string, document: PolicyDocument): void {
    for (const subject of subjectsOf(document)) this.editsOf(canonicalSubject(subject)).set(id, undefined);
  }

  give(id: string, subject: string, source: Source): void {
    const edits = this.editsOf(canonicalSubject(subject));
    const given = edits.get(id);
    if (given) given.push(source);
    else edits.set(id, [source]);
  }

  /** Yields after each subject. */
  *done(): Generator<void, HeldBySubject<Held>> {
    const all = this.former.begin();
    for (const [subject, edits] of this.bySubject) {
      const held = all.get(subject)?.sources ?? PersistentMap.empty<readonly Source[]>();
      const edit = held.begin();
      apply(edit, edits);
      const sources = edit.done();
      if (sources === held) continue;
      if (sources.size > 0) all.set(subject, this.hold(sources));
      else all.delete(subject);
      yield;
    }
    return all.done();
  }

  private editsOf(subject: string): Map<string, Source[] | undefined> {
    const known = this.bySubject.get(subject);
    if (known) return known;
    const made = new Map<string, Source[] | undefined>();
    this.bySubject.set(subject, made);
    return made;
  }
}

function apply<Source>(edit: MapEdit<readonly Source[]>, edits: ReadonlyMap<string, Source[] | undefined>): void {
  for (const [id, given] of edits) {
    if (given) edit.set(id, given);
    else edit.delete(id);
  }
}
