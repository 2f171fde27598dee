/** The record in `value`, if it can be read and says that it is of that key; undefined otherwise. Never throws. */
export function readRecord<Rec>(
  schema: { parse(value: unknown): Rec },
  value: Buffer,
  isOfKey: (record: Rec) => boolean,
): Rec | undefined {
  try {
    const record = schema.parse(JSON.parse(value.toString('utf8')));
    return isOfKey(record) ? record : undefined;
  } catch {
    // Whoever calls counts it: the content must not be quoted anywhere.
    return undefined;
  }
}
