BEGIN;
--
-- Create constraint event_title_once on model event
--
CREATE UNIQUE INDEX "event_title_once" ON "library_event" ("branch_id", "title") WHERE NOT ("title" = '');
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0042_alter_event_branch_title', now()) RETURNING "django_migrations"."id";
