import type { CatalogueModel } from '#libs/decision-engine';

/** OpenAI's object of a model. When a model came into the catalogue is nobody's business but audit's. */
export function modelObject({ name, account }: CatalogueModel) {
  return { id: name, object: 'model', created: 0, owned_by: account };
}

export function modelList(models: readonly CatalogueModel[]) {
  return { object: 'list', data: models.map(modelObject) };
}
