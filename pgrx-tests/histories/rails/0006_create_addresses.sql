BEGIN;
CREATE TABLE "addresses" ("id" bigserial primary key, "user_id" bigint NOT NULL, "line1" character varying NOT NULL, "line2" character varying, "city" character varying NOT NULL, "postcode" character varying NOT NULL, "country" character varying(2) NOT NULL, "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL, CONSTRAINT "fk_rails_48c9e0c5a2"
FOREIGN KEY ("user_id")
  REFERENCES "users" ("id")
);
CREATE INDEX "index_addresses_on_user_id" ON "addresses" ("user_id");
INSERT INTO "schema_migrations" ("version") VALUES ('20230303091506') RETURNING "version";
COMMIT;
