BEGIN;
DO $$
    BEGIN
        IF NOT EXISTS (
          SELECT 1
          FROM pg_type t
          JOIN pg_namespace n ON t.typnamespace = n.oid
          WHERE t.typname = 'fulfilment_state'
            AND n.nspname = ANY (current_schemas(false))
        ) THEN
            CREATE TYPE "fulfilment_state" AS ENUM ('pending', 'packed', 'shipped');
        END IF;
    END
$$;
INSERT INTO "schema_migrations" ("version") VALUES ('20230821091523') RETURNING "version";
COMMIT;
