export { Answers } from '#libs/http';
export { openApiDocument, type DocumentInfo } from './document.js';
export { holdAnswers } from './hold-answers.js';
export type { JsonSchema } from './json-schema.js';
export { OpenApiModule } from './openapi.module.js';
export { listOf, narrowing, Problem } from './schemas.js';
export { referencedComponents } from './referenced-components.js';
export { undescribedRoutes } from './undescribed-routes.js';
