-- AlterTable
ALTER TABLE "FeatureFlag" RENAME TO "feature_flags";

-- AlterTable
ALTER TABLE "feature_flags" RENAME CONSTRAINT "FeatureFlag_pkey" TO "feature_flags_pkey";
