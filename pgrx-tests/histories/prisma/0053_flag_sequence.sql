-- AlterTable
CREATE SEQUENCE feature_flags_rollout_seq;
ALTER TABLE "feature_flags" ALTER COLUMN "rollout" SET DEFAULT nextval('feature_flags_rollout_seq');
ALTER SEQUENCE feature_flags_rollout_seq OWNED BY "feature_flags"."rollout";
