export { billionthsOf, moneyText } from './billionths.js';
export { NO_CLAIM, weightOf, type Claim } from './claim.js';
export { Escrow, type Reservation } from './escrow.js';
export { windowAt, Windows, type Window, type WindowUnit } from './window.js';
