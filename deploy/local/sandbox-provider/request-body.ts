/** What was asked: the fields, and of a form the files beside them, by the field's name. */
export type RequestBody = {
  readonly fields: Record<string, unknown>;
  readonly files: ReadonlyMap<string, readonly Buffer[]>;
};

/** Undefined for what cannot be read. Forms are parsed by Node itself, so that nothing of the gateway's checks its own work. */
export async function parseBody(body: Buffer, contentType = ''): Promise<RequestBody | undefined> {
  try {
    return /^multipart\/form-data\b/iu.test(contentType) ? await ofForm(body, contentType) : ofJson(body);
  } catch {
    return undefined;
  }
}

function ofJson(body: Buffer): RequestBody | undefined {
  const value: unknown = JSON.parse(body.toString());
  const isObject = value !== null && typeof value === 'object' && !Array.isArray(value);
  return isObject ? { fields: { ...value }, files: new Map() } : undefined;
}

async function ofForm(body: Buffer, contentType: string): Promise<RequestBody> {
  const headers = { 'content-type': contentType };
  const form = await new Response(new Uint8Array(body), { headers }).formData();
  const fields: Record<string, unknown> = {};
  const files = new Map<string, Buffer[]>();
  for (const [name, value] of form) {
    if (typeof value === 'string') fields[name] = value;
    else files.set(name, [...(files.get(name) ?? []), Buffer.from(await value.arrayBuffer())]);
  }
  return { fields, files };
}
