import { z } from 'zod';

/** Least number of random bytes in a key that a service accepts. */
export const SECRET_BYTES_MIN = 32;

/** Six letters at least, so that a random key practically never holds one. */
const SAMPLE = /change-?me|example|sample|secret|password|default|gatehouse/i;

/** Base64 of at least 32 bytes that do not look like a sample or a repeated byte. */
export const secretKey = z.string().superRefine((text, context) => {
  const problem = weakness(text);
  if (problem) context.addIssue({ code: 'custom', message: problem });
});

/** `1:<base64>,2:<base64>`: versions of a key; the highest makes new MACs, all of them check old ones. */
export const versionedSecretKey = z.string().superRefine((text, context) => {
  const versions = new Set<string>();
  for (const entry of text.split(',')) {
    const [, version, key] = /^([1-9][0-9]{0,5}):(.*)$/.exec(entry) ?? [];
    const problem = version === undefined ? 'must be <version>:<base64 key>, …' : weakness(String(key));
    if (problem) context.addIssue({ code: 'custom', message: problem });
    if (version !== undefined && versions.has(version)) {
      context.addIssue({ code: 'custom', message: `version ${version} stands twice` });
    }
    if (version !== undefined) versions.add(version);
  }
});

/** What is wrong with a key, or undefined. Never repeats the key. */
function weakness(text: string): string | undefined {
  if (text === '') return 'is empty: make one with `openssl rand -base64 32`';
  if (SAMPLE.test(text)) return 'is a sample: make one with `openssl rand -base64 32`';
  const bytes = Buffer.from(text, 'base64');
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return 'is not base64';
  if (bytes.length < SECRET_BYTES_MIN) return `has ${bytes.length} bytes; at least ${SECRET_BYTES_MIN} are needed`;
  if (new Set(bytes).size < 8) return 'is not random: make one with `openssl rand -base64 32`';
  return undefined;
}
