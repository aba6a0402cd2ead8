INSERT INTO "Organization" ("id", "name") SELECT 'o' || n, 'Org ' || n FROM generate_series(1, 150) n;
INSERT INTO "Membership" ("userId", "organizationId") SELECT 'u' || n, 'o' || 1 + n % 150 FROM generate_series(1, 2000) n;
INSERT INTO "File" ("id", "key", "size", "mime", "ownerId") SELECT 'f' || n, md5(n::text), n, 'image/png', 'u' || 1 + n % 2000 FROM generate_series(1, 2500) n;
UPDATE "Post" SET "organizationId" = 'o' || 1 + length("id") % 150;
VACUUM ANALYZE;
