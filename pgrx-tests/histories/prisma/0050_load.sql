INSERT INTO "Notification" ("userId", "kind", "data") SELECT 'u' || 1 + n % 2000, 'reply', '{}' FROM generate_series(1, 3000) n;
INSERT INTO "Preferences" ("userId") SELECT 'u' || n FROM generate_series(1, 1200) n;
VACUUM ANALYZE;
