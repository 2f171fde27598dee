export * from './chain-break.js';
export { CHAIN_VERSION, chainHash, type ChainedRow } from './chain-hash.js';
export * from './chain-signer.js';
export * from './chain-verifier.js';
export * from './checkpoint.js';
export * from './checkpoint-series.js';
export * from './number-verifier.js';
export * from './place.js';
export * from './record-verifier.js';
