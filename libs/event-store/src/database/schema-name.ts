/** Checked because it stands unquoted in statements and in a role's name. @throws RangeError */
export function checkedSchema(schema: string): string {
  if (!/^[a-z][a-z0-9_]{0,40}$/.test(schema)) throw new RangeError(`${JSON.stringify(schema)} is no name for a schema`);
  return schema;
}

/** The role that a service runs as: it can append events, and neither change nor delete one. */
export const runningRole = (schema: string) => `gatehouse_${checkedSchema(schema)}`;
