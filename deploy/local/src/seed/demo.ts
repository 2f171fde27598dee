import { seederOf, type DemoPart } from './seeder.js';

/** The demo, one entry for each kind of content; a new kind joins at the end. */
const demoParts: readonly DemoPart[] = [];

export const seedDemo = seederOf(demoParts);
