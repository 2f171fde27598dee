import type { PolicyDocument } from '../kinds/registry.js';

/**
 * The document with every subject replaced by what `rename` gives for it: at apply `user:<e-mail>` becomes
 * `user:<id>`, and the other way when it is read back. The document itself is left as it is.
 */
export function withSubjects(document: PolicyDocument, rename: (subject: string) => string): PolicyDocument {
  const all = (subjects: readonly string[]) => subjects.map(rename);
  switch (document.kind) {
    case 'RoleBinding':
      return { ...document, spec: { ...document.spec, subjects: all(document.spec.subjects) } };
    case 'Boundary':
      return { ...document, spec: { ...document.spec, appliesTo: all(document.spec.appliesTo) } };
    case 'Model': {
      const { grants } = document.spec;
      if (!grants) return document;
      const renamed = grants.map((grant) => ({ ...grant, subjects: all(grant.subjects) }));
      return { ...document, spec: { ...document.spec, grants: renamed } };
    }
    case 'Limits': {
      const rules = document.spec.rules.map((rule) => ({ ...rule, when: renamedWhen(rule.when, all) }));
      return { ...document, spec: { ...document.spec, rules } };
    }
    case 'Route': {
      const { when } = document.spec;
      return when ? { ...document, spec: { ...document.spec, when: renamedWhen(when, all) } } : document;
    }
    default:
      return document;
  }
}

/** Every subject that a document names, in order. */
export function subjectsOf(document: PolicyDocument): readonly string[] {
  const subjects: string[] = [];
  withSubjects(document, (subject) => {
    subjects.push(subject);
    return subject;
  });
  return subjects;
}

function renamedWhen<When extends { subjects?: string[] | undefined }>(
  when: When,
  all: (subjects: readonly string[]) => string[],
): When {
  return when.subjects ? { ...when, subjects: all(when.subjects) } : when;
}
