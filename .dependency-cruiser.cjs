/**
 * The direction of imports: pure libs <- I/O libs <- apps <- test. `deploy/local` starts the apps as processes and may
 * use libs, never apps. Each rule names the harm that it prevents.
 */
const PURE = 'decider|contracts|decision-engine|policy-language|limits';
const PURE_LIBS = `^libs/(${PURE})/`;
/** Files that only a test run loads. */
const SPECS = '\\.(spec|contract|fixture)\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two modules that need each other are one module, or hide a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'everything-resolves',
      comment: 'An import that resolves nowhere escapes every other rule.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'pure-libs-stay-pure',
      comment: 'Decisions must be reproducible anywhere: no I/O, no framework, only each other and zod.',
      severity: 'error',
      from: { path: `^libs/(decider|contracts|decision-engine|limits)/`, pathNot: SPECS },
      to: { pathNot: [PURE_LIBS, '(^|/)node_modules/zod/'] },
    },
    {
      name: 'policy-language-stays-pure',
      comment: 'As the other pure libs; it alone also reads YAML.',
      severity: 'error',
      from: { path: '^libs/policy-language/', pathNot: SPECS },
      to: { pathNot: [PURE_LIBS, '(^|/)node_modules/(zod|yaml)/'] },
    },
    {
      name: 'deciders-and-projections-stay-pure',
      comment: 'They are replayed: time, ids and I/O come in from outside. So nothing that they reach may do any.',
      severity: 'error',
      from: { path: '\\.(decider|projection)\\.ts$' },
      to: { pathNot: ['^apps/', PURE_LIBS, '(^|/)node_modules/(zod|yaml)/'], reachable: true },
    },
    {
      name: 'only-the-index-of-a-lib-from-apps',
      comment: 'What a lib promises is what its src/index.ts exports; the rest may change.',
      severity: 'error',
      from: { path: '^(apps|deploy|test)/' },
      to: { path: '^libs/', pathNot: '^libs/[^/]+/src/index\\.ts$' },
    },
    {
      name: 'only-the-index-of-another-lib',
      comment: 'As above, between libs.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/' },
      to: { path: '^libs/', pathNot: ['^libs/$1/', '^libs/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'libs-by-their-name',
      comment: 'A relative path into a lib works in the sources and breaks when a folder moves: write #libs/<name>.',
      severity: 'error',
      from: { path: '^(apps|deploy|test)/' },
      to: { path: '^libs/', dependencyTypesNot: ['aliased-subpath-import'] },
    },
    {
      name: 'testing-only-from-specs',
      comment: 'Test tools must not reach production code.',
      severity: 'error',
      from: { pathNot: [SPECS, '^libs/testing/', '^test/', '^deploy/local/test-stack/'] },
      to: { path: '^libs/testing/' },
    },
    {
      name: 'apps-are-islands',
      comment: 'Services talk over the bus and REST; an import would weld their releases together.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'nothing-below-imports-an-app',
      comment: 'Direction: libs and deploy know processes, not their insides.',
      severity: 'error',
      from: { path: '^(libs|deploy)/' },
      to: { path: '^apps/' },
    },
    {
      name: 'libs-and-apps-know-no-deployment',
      comment: 'Whatever starts a service is exchangeable.',
      severity: 'error',
      from: { path: '^(libs|apps)/' },
      to: { path: '^(deploy|test)/' },
    },
    {
      name: 'deploy-knows-no-tests',
      comment: 'Direction: tests drive the deployment.',
      severity: 'error',
      from: { path: '^deploy/' },
      to: { path: '^test/' },
    },
    {
      name: 'gateway-without-stores',
      comment:
        'The request path answers with PostgreSQL and ClickHouse stopped; so it must not even reach their clients.',
      severity: 'error',
      from: { path: '^apps/gateway/', pathNot: SPECS },
      to: { path: '^libs/(event-store|clickhouse)/', reachable: true },
    },
    {
      name: 'production-without-dev-dependencies',
      comment: 'An image is built without them.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: [SPECS, '^libs/testing/', '\\.bench\\.ts$'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|\\.gatehouse)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default', 'types'],
    },
  },
};
