/** RFC 2046 without the space and the quotes, which readers take off in different ways; 70 characters at most. */
const boundaryText = /^[0-9A-Za-z'()+_,\-./:=?]{1,70}$/u;
const parameter = /\s*;\s*([A-Za-z]+)=(?:"([^"\\]*)"|([^\s";,]+))/uy;
const type = /^multipart\/form-data(?=\s*;)/iu;
const token = /^[0-9A-Za-z'+_.-]+$/u;

/**
 * The boundary that a `content-type` names; undefined for any other type, and where two readers could find two: a
 * parameter that comes twice, or that is none of a form's.
 */
export function boundaryOf(contentType: string | undefined): string | undefined {
  const begun = contentType === undefined ? undefined : type.exec(contentType);
  if (!begun || contentType === undefined) return undefined;
  const found = new Map<string, string>();
  let at = begun[0].length;
  while (at < contentType.length) {
    parameter.lastIndex = at;
    const matched = parameter.exec(contentType);
    const name = matched?.[1]?.toLowerCase();
    if (!matched || name === undefined || found.has(name)) return undefined;
    found.set(name, matched[2] ?? matched[3] ?? '');
    at = parameter.lastIndex;
  }
  const { boundary, charset = 'utf-8', ...others } = Object.fromEntries(found);
  const isPlain = Object.keys(others).length === 0 && charset.toLowerCase() === 'utf-8';
  return isPlain && boundary !== undefined && boundaryText.test(boundary) ? boundary : undefined;
}

/** The one spelling in which an upstream is told of a form: what was read here is what is read there. */
export function formType(boundary: string): string {
  return `multipart/form-data; boundary=${token.test(boundary) ? boundary : `"${boundary}"`}`;
}
