export { newContentKeyPair, readKeyPair, readPublicKey, type ContentKeyPair } from './content-key.js';
export { KeptContents, KeptPiece, PIECE_BYTES_MAX } from './kept-contents.js';
export { ContentsUnreadable, openContents, sealContents, type ContentsPlace } from './sealed-contents.js';
