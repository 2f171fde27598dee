import { expect, it } from 'vitest';
import { redirectUriMistake } from './redirect-uri.js';

it.each([
  'https://agent.example/callback',
  'https://agent.example/callback?tenant=acme',
  'https://agent.example:8443/',
  'http://127.0.0.1/callback',
  'http://127.0.0.1:3000/callback',
  'http://[::1]:3000/',
  'http://localhost:3000/cb',
])('%s may be one', (uri) => expect(redirectUriMistake(uri)).toBeUndefined());

it.each([
  ['plain http', 'http://agent.example/callback'],
  ['a script', 'javascript:alert(1)'],
  ['data', 'data:text/html,x'],
  ['a scheme of its own', 'com.example.app:/callback'],
  ['no scheme', '//agent.example/callback'],
  ['a path', '/callback'],
  ['a fragment', 'https://agent.example/callback#x'],
  ['an empty fragment', 'https://agent.example/callback#'],
  ['a user', 'https://user@agent.example/callback'],
  ['a user that looks like the host', 'https://agent.example@evil.example/'],
  ['a wildcard', 'https://*.agent.example/callback'],
  ['a backslash', 'https://agent.example\\@evil.example/'],
  ['a host in capitals', 'https://AGENT.example/callback'],
  ['a host in other letters', 'https://аgent.example/callback'],
  ['steps up the path', 'https://agent.example/a/../callback'],
  ['encoded steps up the path', 'https://agent.example/a/%2e%2e/callback'],
  ['a tab', 'https://agent.example/call\tback'],
  ['a newline at the end', 'https://agent.example/callback\n'],
  ['the default port', 'https://agent.example:443/callback'],
  ['a loopback address in disguise', 'http://127.1/callback'],
  ['a name that begins like a loopback', 'http://localhost.evil.example/'],
  ['10 KB', `https://agent.example/${'a'.repeat(10_000)}`],
  ['nothing', ''],
])('%s is refused', (_what, uri) => expect(redirectUriMistake(uri)).toBeDefined());
