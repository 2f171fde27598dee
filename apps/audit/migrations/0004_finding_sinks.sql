-- The sink that a key's rotation goes into.
ALTER TABLE ${database}.findings ADD COLUMN IF NOT EXISTS sink String;
