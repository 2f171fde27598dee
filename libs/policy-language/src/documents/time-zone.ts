const timeZones: ReadonlySet<string> = new Set(['UTC', ...Intl.supportedValuesOf('timeZone')]);

/** Whether a text is the name of a time zone, such as `Europe/Berlin`; offsets and abbreviations are none. */
export const isTimeZone = (text: string): boolean => timeZones.has(text);
