-- The model that a finding is about, and when a rotation was due.
ALTER TABLE ${database}.findings ADD COLUMN IF NOT EXISTS model String;
ALTER TABLE ${database}.findings ADD COLUMN IF NOT EXISTS due_at Nullable(DateTime('UTC'));
