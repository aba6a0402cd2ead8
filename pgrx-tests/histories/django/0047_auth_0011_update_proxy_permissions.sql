BEGIN;
--
-- Raw Python operation
--
UPDATE "auth_permission" SET "content_type_id" = 1 WHERE "auth_permission"."codename" = 'nobody';
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('auth', '0011_update_proxy_permissions', now()) RETURNING "django_migrations"."id";
