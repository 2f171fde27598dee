/** A part as its bytes are: the lines before the content, and the content. */
export type Part = { readonly header: string; readonly content: string | Buffer };

export const boundary = 'the-boundary';

/** A field of text, as the stock clients write it. */
export const field = (name: string, content: string): Part => ({
  header: `Content-Disposition: form-data; name="${name}"`,
  content,
});

/** A file, as the stock clients write it. */
export const file = (name: string, content: string | Buffer = 'bytes', filename = 'a.png'): Part => ({
  header: `Content-Disposition: form-data; name="${name}"; filename="${filename}"\r\nContent-Type: image/png`,
  content,
});

/** The body of a form with these parts. */
export function formOf(parts: readonly Part[], by = boundary): Buffer<ArrayBuffer> {
  const pieces = parts.flatMap(({ header, content }) => [`--${by}\r\n${header}\r\n\r\n`, content, '\r\n']);
  return Buffer.concat([...pieces, `--${by}--\r\n`].map((piece) => Buffer.from(piece)));
}
