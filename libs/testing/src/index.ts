export * from './cuttable-line.js';
export * from './fake-clock.js';
export * from './fresh-database.js';
export * from './fresh-name.js';
export * from './small-disk.js';
export * from './spec-for.js';
export * from './test-stack.js';
export * from './wait-for.js';
