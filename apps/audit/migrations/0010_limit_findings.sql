-- The counter of a limit that a finding is about: whose, how far it is used up, and in which window.
ALTER TABLE ${database}.findings ADD COLUMN IF NOT EXISTS per Map(String, String);
ALTER TABLE ${database}.findings ADD COLUMN IF NOT EXISTS percent UInt16;
ALTER TABLE ${database}.findings ADD COLUMN IF NOT EXISTS used String;
ALTER TABLE ${database}.findings ADD COLUMN IF NOT EXISTS of_limit String;
ALTER TABLE ${database}.findings ADD COLUMN IF NOT EXISTS window_start Nullable(DateTime('UTC'));
ALTER TABLE ${database}.findings ADD COLUMN IF NOT EXISTS window_end Nullable(DateTime('UTC'));

CREATE OR REPLACE VIEW ${database}.current_findings AS
SELECT * EXCEPT (version) FROM ${database}.findings FINAL;
