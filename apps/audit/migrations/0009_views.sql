-- What plain SQL asks: sums are summed, one row a group, and what stands in two tables stands in one row. They hold nothing
-- of their own; docs/guides/querying-audit.md says what each is for.
CREATE VIEW IF NOT EXISTS ${database}.requests_by_minute AS
SELECT minute, tenant_id, service, resolved_model, environment, operation, outcome, code, reason,
  sum(t.decisions) AS requests
FROM ${database}.decisions_by_minute AS t
GROUP BY minute, tenant_id, service, resolved_model, environment, operation, outcome, code, reason;

CREATE VIEW IF NOT EXISTS ${database}.usage_by_minute AS
SELECT minute, tenant_id, principal_id, key_id, resolved_model, provider_account, environment, operation, currency,
  sum(t.calls) AS calls, sum(t.input_tokens) AS input_tokens, sum(t.cached_input_tokens) AS cached_input_tokens,
  sum(t.output_tokens) AS output_tokens, sum(t.reasoning_tokens) AS reasoning_tokens, sum(t.cost) AS cost
FROM ${database}.calls_by_minute AS t
GROUP BY minute, tenant_id, principal_id, key_id, resolved_model, provider_account, environment, operation, currency;

-- A call and the decision that allowed it are of one tenant and one moment: by these the sorted tables find it.
CREATE VIEW IF NOT EXISTS ${database}.calls_with_decisions AS
SELECT c.*, d.ip AS ip, d.user_agent AS user_agent, d.path AS path, d.reason AS reason, d.statements AS statements,
  d.applied_rules AS applied_rules, splitByChar(',', d.attributes['principal.teams']) AS teams
FROM ${database}.calls AS c
ANY LEFT JOIN ${database}.decisions AS d ON d.tenant_id = c.tenant_id AND d.at = c.at AND d.decision_id = c.decision_id;

CREATE VIEW IF NOT EXISTS ${database}.last_key_uses AS
SELECT tenant_id, key_id, max(t.last_used_at) AS last_used_at
FROM ${database}.key_uses AS t
GROUP BY tenant_id, key_id;

CREATE VIEW IF NOT EXISTS ${database}.current_findings AS
SELECT * EXCEPT (version) FROM ${database}.findings FINAL;
