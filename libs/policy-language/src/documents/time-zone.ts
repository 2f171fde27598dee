/**
 * Whether a text is the name of a time zone as the IANA database writes it, such as `Europe/Berlin`, or `UTC`; offsets,
 * abbreviations and other spellings are none. `Intl` lists former names alone (`Asia/Calcutta`) and is not asked.
 */
export function isTimeZone(text: string): boolean {
  if (text === 'UTC') return true;
  try {
    return text.includes('/') && new Temporal.ZonedDateTime(0n, text).timeZoneId === text;
  } catch {
    return false;
  }
}
