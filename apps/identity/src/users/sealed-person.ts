import type { SubjectKeys } from '#libs/event-store';

/** What is personal of a user, sealed under a key of their own, as `RegisterUser` takes it. */
export async function sealedPerson(
  subjectKeys: SubjectKeys,
  userId: string,
  { email, displayName }: { readonly email: string; readonly displayName: string | null | undefined },
) {
  const name = displayName ? { displayName: await subjectKeys.seal(userId, displayName) } : {};
  return { email: await subjectKeys.seal(userId, email), ...name };
}
