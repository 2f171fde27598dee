// Exits 0 when the service in this container is ready. Plain JavaScript: it runs beside any build.
const response = await fetch(`http://127.0.0.1:${process.env.PORT}/readyz`, { signal: AbortSignal.timeout(2_000) });
process.exit(response.ok ? 0 : 1);
