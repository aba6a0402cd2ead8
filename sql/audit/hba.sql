-- Lines of pg_hba.conf as the file has them now, which is what the next reload makes of it. $3: only the server's own account gets at its sockets.
WITH line AS MATERIALIZED (
    SELECT h.ordinality AS nr, h.line_number, pg_catalog.to_jsonb(h) ->> 'file_name' AS file_name,
           h.type, h.database, h.user_name, h.address, h.netmask, h.auth_method, h.options, h.error,
           -- Only an address that is a number has a mask.
           CASE WHEN h.netmask IS NOT NULL THEN h.address::pg_catalog.inet END AS ip,
           h.netmask::pg_catalog.inet AS mask
    FROM pg_catalog.pg_hba_file_rules() WITH ORDINALITY AS h
)
SELECT
    0::pg_catalog.oid AS classid,
    0::pg_catalog.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    -- Without its number, which changes with every line above it.
    pg_catalog.concat_ws(': ', 'pg_hba.conf', CASE WHEN h.type IS NOT NULL THEN
        pg_catalog.concat_ws(' ', h.type, pg_catalog.array_to_string(h.database, ','),
            pg_catalog.array_to_string(h.user_name, ','), h.address, h.netmask, h.auth_method) END) AS identity,
    0::pg_catalog.int8 AS weight,
    -- From 16 on a line may be in another file that it includes.
    pg_catalog.format('line %s of %s', h.line_number,
        coalesce(pg_catalog.regexp_replace(h.file_name, '^.*/', ''), 'pg_hba.conf')) AS place,
    h.type,
    h.database AS databases,
    h.user_name AS users,
    h.auth_method,
    h.error,
    h.address = 'all' OR coalesce(h.mask IN ('0.0.0.0'::pg_catalog.inet, '::'::pg_catalog.inet), false) AS is_any_address,
    v.is_remote,
    -- As far as the line is concerned, what is sent may be read on its way.
    h.type IN ('host', 'hostnossl', 'hostnogssenc') AS is_in_clear,
    v.is_certified,
    v.has_certificate,
    v.is_private_socket,
    v.is_reached,
    -- Several lines with the same fault are one finding, of the first.
    pg_catalog.row_number() OVER alike AS nth,
    pg_catalog.count(*) OVER alike - 1 AS others
FROM line AS h
CROSS JOIN LATERAL (
    SELECT h.type <> 'local'
               AND h.address NOT IN ('localhost', 'samehost')
               AND NOT coalesce(
                   CASE pg_catalog.family(h.ip)
                       WHEN 4 THEN (h.ip & '255.0.0.0'::pg_catalog.inet) = '127.0.0.0'::pg_catalog.inet
                               AND (h.mask & '255.0.0.0'::pg_catalog.inet) = '255.0.0.0'::pg_catalog.inet
                       ELSE h.ip = '::1'::pg_catalog.inet
                        AND h.mask = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'::pg_catalog.inet END, false) AS is_remote,
           -- The client shows a certificate, in its role's name or in any.
           coalesce('clientcert=verify-full' = ANY (h.options), false) AS is_certified,
           coalesce('clientcert=verify-ca' = ANY (h.options), false) AS has_certificate,
           -- To connect takes the right to write to the socket.
           h.type = 'local'
               AND (coalesce($3::pg_catalog.bool, false)
                    OR pg_catalog.right(pg_catalog.current_setting('unix_socket_permissions'), 2) !~ '[2367]') AS is_private_socket,
           -- The server can match it, which it says otherwise, and no line before it takes all its connections: the first that fits
           -- decides, whatever comes of it.
           h.error IS NULL AND NOT EXISTS (
               SELECT FROM line AS b
               WHERE b.nr < h.nr
                 AND b.error IS NULL
                 AND (b.type = h.type OR (b.type = 'host' AND h.type <> 'local'))
                 -- Replication is none of "all" databases.
                 AND (b.database @> h.database OR ('all' = ANY (b.database) AND 'replication' <> ALL (h.database)))
                 AND (b.user_name @> h.user_name OR 'all' = ANY (b.user_name))
                 AND (h.type = 'local'
                      OR b.address = 'all'
                      OR (b.address = h.address AND b.netmask IS NOT DISTINCT FROM h.netmask)
                      OR CASE WHEN pg_catalog.family(b.ip) = pg_catalog.family(h.ip)
                              THEN (b.mask & h.mask) = b.mask AND (b.ip & b.mask) = (h.ip & b.mask) END)) AS is_reached
) AS v
WINDOW alike AS (
    PARTITION BY h.auth_method, v.is_remote, v.is_certified, v.has_certificate, v.is_private_socket, v.is_reached
    ORDER BY h.nr
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
