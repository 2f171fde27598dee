import { expect, it } from 'vitest';
import { isTimeZone } from './time-zone.js';

it.each([
  'UTC',
  'Europe/Berlin',
  'Asia/Kolkata',
  'Asia/Calcutta',
  'Asia/Kathmandu',
  'America/Indiana/Knox',
  'Europe/Kyiv',
])('%s is a time zone, by its present name and by former ones', (name) => expect(isTimeZone(name)).toBe(true));

it.each(['', 'CET', '+02:00', 'europe/berlin', 'Mars/Olympus', "UTC')--", 'Europe/Berlin '])('%j is none', (name) =>
  expect(isTimeZone(name)).toBe(false),
);
