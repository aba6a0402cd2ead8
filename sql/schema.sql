-- Plain CREATE: a schema of this name that somebody made before is refused, not moved into.
CREATE SCHEMA warden;
COMMENT ON SCHEMA warden IS 'pg_warden: what people use; start with warden.help()';
CREATE SCHEMA warden_internal;
COMMENT ON SCHEMA warden_internal IS 'pg_warden: what people need not see';

CREATE TYPE warden.finding AS (
    rule pg_catalog.text,
    level pg_catalog.text,
    object pg_catalog.text,
    message pg_catalog.text,
    detail pg_catalog.text,
    hint pg_catalog.text,
    fix pg_catalog.text,
    fingerprint pg_catalog.text,
    statement pg_catalog.int4,
    line pg_catalog.int4,
    "column" pg_catalog.int4
);
COMMENT ON TYPE warden.finding IS 'one finding of lint or audit; statement, line and column are NULL outside text';
