import { Provider } from 'oidc-provider';

/** What one request has consumed, and what it has to answer instead of what it made. */
type Rotation = { consumed?: string; answered?: string };

const rotations = new WeakMap<object, Rotation>();

/** The rotation of the request that is being answered. oidc-provider consumes and stores in two calls; this joins them. */
export function rotationOf(context: object | undefined = Provider.ctx): Rotation {
  if (!context) throw new TypeError('Refresh tokens are rotated in a request only.');
  const known = rotations.get(context);
  if (known) return known;
  const rotation: Rotation = {};
  rotations.set(context, rotation);
  return rotation;
}
