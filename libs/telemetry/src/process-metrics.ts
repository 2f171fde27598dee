import { Metrics } from './metrics.js';

/**
 * A registry that begins with what the process itself holds on to, asked for when it is read. A service that serves the
 * same traffic for days shows the same figures; `handles` are what keeps it running: sockets, servers, timers.
 */
export function processMetrics(): Metrics {
  const metrics = new Metrics();
  const { memoryUsage } = process;
  metrics.gaugeOf('gatehouse_process_resident_bytes', 'Memory of the process.', () => memoryUsage.rss());
  metrics.gaugeOf('gatehouse_process_heap_bytes', 'JavaScript heap in use.', () => memoryUsage().heapUsed);
  metrics.gaugeOf('gatehouse_process_external_bytes', 'Buffers outside of the heap.', () => memoryUsage().external);
  metrics.gaugeOf('gatehouse_process_handles', 'Open sockets, servers and timers.', () => {
    return process.getActiveResourcesInfo().length;
  });
  return metrics;
}
