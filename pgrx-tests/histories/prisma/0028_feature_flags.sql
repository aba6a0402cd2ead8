-- CreateTable
CREATE TABLE "FeatureFlag" (
    "name" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT false,
    "rollout" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "FeatureFlag_pkey" PRIMARY KEY ("name")
);

INSERT INTO "FeatureFlag" ("name") VALUES ('new-editor'), ('billing');
