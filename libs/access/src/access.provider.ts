import { Clock, Logger } from '#libs/telemetry';
import type { Provider } from '@nestjs/common';
import { ACCESS_OPTIONS, type AccessModuleOptions } from './access-options.js';
import { Access } from './admin/access.js';
import { RequestAuthentication } from './admin/authenticate-request.js';
import { JwtStrategy } from './admin/jwt.strategy.js';
import { KeyStrategy } from './admin/key.strategy.js';
import { Reauthentication } from './admin/reauthentication.js';
import { RequestDecisions } from './admin/request-decisions.js';
import { Authenticator } from './authentication/authenticator.js';
import { DecisionLog } from './decisions/decision-log.js';
import { AccessFeed } from './feed/access-feed.js';
import { IdentityView } from './identity/identity-view.js';
import { PolicyView } from './policy/policy-view.js';
import { TokenAuthenticator } from './tokens/token-authenticator.js';

/** Kinds of keys that administrative APIs take, and that tokens for them may have been exchanged for. */
const ACCEPTED = ['pat', 'vak', 'svc'] as const;

/** Everything of the module that is not tied to Nest, put together. */
export const accessProviders: readonly Provider[] = [
  {
    provide: IdentityView,
    inject: [Clock],
    useFactory: (clock: Clock) => new IdentityView(() => clock.nowMs()),
  },
  {
    provide: PolicyView,
    inject: [Logger, Clock],
    useFactory: (logger: Logger, clock: Clock) =>
      new PolicyView({
        clockMs: () => clock.monotonicMs(),
        onAlarm: (alarm) => logger.error({ ...alarm }, 'a policy set is not in force'),
      }),
  },
  {
    provide: AccessFeed,
    inject: [ACCESS_OPTIONS, IdentityView, PolicyView, Logger, Clock],
    useFactory: (
      options: AccessModuleOptions,
      identity: IdentityView,
      policy: PolicyView,
      logger: Logger,
      clock: Clock,
    ) =>
      new AccessFeed({
        ...options,
        identity,
        policy,
        logger,
        clock: { monotonicMs: () => clock.monotonicMs(), wallMs: () => clock.nowMs() },
      }),
  },
  {
    provide: Authenticator,
    inject: [ACCESS_OPTIONS, IdentityView, PolicyView],
    useFactory: ({ peppers }: AccessModuleOptions, identity: IdentityView, policy: PolicyView) =>
      new Authenticator({ identity, peppers, policy, accepts: ACCEPTED }),
  },
  {
    provide: TokenAuthenticator,
    inject: [ACCESS_OPTIONS, IdentityView, PolicyView],
    useFactory: ({ publicUrl }: AccessModuleOptions, identity: IdentityView, policy: PolicyView) =>
      new TokenAuthenticator({ identity, policy, publicUrl, accepts: ACCEPTED }),
  },
  {
    provide: DecisionLog,
    inject: [ACCESS_OPTIONS],
    useFactory: ({ spool, service }: AccessModuleOptions) => new DecisionLog(spool, service),
  },
  {
    provide: RequestDecisions,
    inject: [DecisionLog, AccessFeed, Logger],
    useFactory: (log: DecisionLog, feed: AccessFeed, logger: Logger) => new RequestDecisions(log, feed, logger),
  },
  {
    provide: RequestAuthentication,
    inject: [Authenticator, TokenAuthenticator, Clock],
    useFactory: (keys: Authenticator, tokens: TokenAuthenticator, clock: Clock) => {
      const nowMs = () => clock.nowMs();
      return new RequestAuthentication(new KeyStrategy(keys, nowMs), new JwtStrategy(tokens, nowMs));
    },
  },
  {
    provide: Reauthentication,
    inject: [RequestAuthentication],
    useFactory: (authentication: RequestAuthentication) => new Reauthentication(authentication),
  },
  {
    provide: Access,
    inject: [RequestDecisions, AccessFeed, PolicyView, Clock],
    useFactory: (decisions: RequestDecisions, feed: AccessFeed, policy: PolicyView, clock: Clock) =>
      new Access(decisions, feed, policy, clock),
  },
];
