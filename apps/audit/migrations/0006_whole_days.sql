-- Rows of one day expire together, and whole parts at a time: the signed segments of a chain are of one day each, and a
-- chain must begin where one of them does.
ALTER TABLE ${database}.decisions MODIFY SETTING ttl_only_drop_parts = 1;
ALTER TABLE ${database}.calls MODIFY SETTING ttl_only_drop_parts = 1;
ALTER TABLE ${database}.decisions MODIFY TTL toStartOfDay(toDateTime(appended_at)) + INTERVAL 401 DAY;
ALTER TABLE ${database}.calls MODIFY TTL toStartOfDay(toDateTime(appended_at)) + INTERVAL 401 DAY;
