-- Lines of pg_hba.conf as the file has them now, which is what the next reload makes of it.
SELECT
    0::pg_catalog.oid AS classid,
    0::pg_catalog.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    -- Without its number, which changes with every line above it.
    pg_catalog.concat_ws(': ', 'pg_hba.conf', line.text) AS identity,
    0::pg_catalog.int8 AS weight,
    h.line_number,
    h.type,
    h.database AS databases,
    h.user_name AS users,
    h.address,
    h.auth_method,
    h.options,
    h.error,
    (h.address = 'all' OR (h.address IN ('0.0.0.0', '::') AND h.netmask IN ('0.0.0.0', '::'))) AS is_any_address,
    place.is_remote,
    -- Several lines with the same fault are one finding, of the first.
    pg_catalog.row_number() OVER alike AS nth,
    pg_catalog.count(*) OVER alike - 1 AS others
FROM pg_catalog.pg_hba_file_rules AS h
CROSS JOIN LATERAL (
    SELECT h.type <> 'local' AND NOT coalesce(h.address IN ('127.0.0.1', '::1', 'localhost'), false) AS is_remote
) AS place
LEFT JOIN LATERAL (
    SELECT pg_catalog.concat_ws(' ', h.type, pg_catalog.array_to_string(h.database, ','),
               pg_catalog.array_to_string(h.user_name, ','), h.address, h.netmask, h.auth_method) AS text
    WHERE h.type IS NOT NULL
) AS line ON true
WINDOW alike AS (
    PARTITION BY h.auth_method, place.is_remote ORDER BY h.line_number
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
