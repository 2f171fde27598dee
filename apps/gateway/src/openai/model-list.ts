import type { CatalogueModel } from '#libs/decision-engine';

/** OpenAI's object of a model. When a model came into the catalogue is nobody's business but audit's. */
export function modelObject({ name, account }: ListedModel) {
  return { id: name, object: 'model', created: 0, owned_by: account };
}

/** What is told of a model, or of a name that a route stands behind: that is the tenant's own. */
export type ListedModel = Pick<CatalogueModel, 'name' | 'account'>;

export function modelList(models: readonly ListedModel[]) {
  return { object: 'list', data: models.map(modelObject) };
}
