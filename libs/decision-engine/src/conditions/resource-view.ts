/** A resource as conditions see it, with its attributes from the catalogue where there is one. */
export type ResourceView = {
  readonly type: string;
  readonly path: string;
  readonly tenant: string;
  readonly name: string;
  readonly provider: string | undefined;
  readonly types: readonly string[] | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly owner: string | undefined;
  readonly team: string | undefined;
};
