--
-- Concurrently create index event_branch_covering on field(s) branch of model event
--
CREATE INDEX CONCURRENTLY "event_branch_covering" ON "library_event" ("branch_id") INCLUDE ("title");
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0054_event_covering', now()) RETURNING "django_migrations"."id";
