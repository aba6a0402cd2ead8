-- Tables with row level security, or with policies.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity,
    t.relpages::pg_catalog.int8 AS weight,
    t.relname AS table_name,
    c.relrowsecurity AS is_enabled,
    p.policies,
    p.open_policies
FROM subject AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.oid
CROSS JOIN LATERAL (
    SELECT pg_catalog.count(*) AS policies,
           -- For changes by everybody, with a condition that is the constant true.
           pg_catalog.string_agg(pg_catalog.format('"%s"', q.polname), ', ' ORDER BY q.polname) FILTER (
               WHERE q.polpermissive AND q.polcmd <> 'r' AND 0::pg_catalog.oid = ANY (q.polroles)
                 AND coalesce(q.polqual, q.polwithcheck)::pg_catalog.text
                     ~ '^[{]CONST :consttype 16 [^{}]* :constisnull false [^{}]* :constvalue 1 [[] (0 )*1 (0 )*[]][}]$'
                 -- Rows that may be seen, and what may become of them.
                 AND coalesce(q.polwithcheck, q.polqual)::pg_catalog.text
                     ~ '^[{]CONST :consttype 16 [^{}]* :constisnull false [^{}]* :constvalue 1 [[] (0 )*1 (0 )*[]][}]$'
           ) AS open_policies
    FROM pg_catalog.pg_policy AS q
    WHERE q.polrelid = t.oid
) AS p
WHERE c.relrowsecurity OR p.policies > 0
