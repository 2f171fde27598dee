import type { Counter, Histogram, Metrics } from '#libs/telemetry';
import { EndedCalls } from './ended-calls.js';

/** What the request path counts. */
export type GatewayMetrics = {
  readonly refusals: Counter;
  readonly calls: EndedCalls;
  readonly unrecorded: Counter;
  readonly contentsLost: Counter;
  readonly latency: Histogram;
};

export function gatewayMetrics(metrics: Metrics): GatewayMetrics {
  return {
    refusals: metrics.counter('gatehouse_refusals_total', 'Requests refused, by code.'),
    calls: new EndedCalls(
      metrics.counter('gatehouse_calls_total', 'Allowed calls that ended, by outcome and operation.'),
    ),
    unrecorded: metrics.counter('gatehouse_unrecorded_total', 'Records that could not be written to the spool.'),
    contentsLost: metrics.counter(
      'gatehouse_contents_lost_total',
      'Calls whose prompt and answer were to be kept and are not, by reason.',
    ),
    latency: metrics.histogram('gatehouse_call_seconds', 'From request to the last byte of an allowed call, seconds.'),
  };
}
