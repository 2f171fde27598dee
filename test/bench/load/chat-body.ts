/** A chat request of about `bytes` bytes. */
export function chatBody(model: string, bytes: number): string {
  const of = (content: string) => JSON.stringify({ model, messages: [{ role: 'user', content }] });
  return of('x'.repeat(Math.max(1, bytes - of('').length)));
}
