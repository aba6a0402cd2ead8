BEGIN;
--
-- Add field sort_name to author
--
ALTER TABLE "library_author" ADD COLUMN "sort_name" varchar(200) GENERATED ALWAYS AS (UPPER("name")) STORED;
--
-- Create index author_sort_idx on field(s) sort_name of model author
--
CREATE INDEX "author_sort_idx" ON "library_author" ("sort_name");
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0033_author_sort_name', now()) RETURNING "django_migrations"."id";
