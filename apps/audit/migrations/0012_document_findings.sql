-- The document that a finding is about.
ALTER TABLE ${database}.findings ADD COLUMN IF NOT EXISTS document String;

CREATE OR REPLACE VIEW ${database}.current_findings AS
SELECT * EXCEPT (version) FROM ${database}.findings FINAL;
