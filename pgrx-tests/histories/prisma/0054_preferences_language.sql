-- AlterTable
ALTER TABLE "Preferences" ADD COLUMN     "language" TEXT;

UPDATE "Preferences" SET "language" = 'en';

-- AlterTable
ALTER TABLE "Preferences" ALTER COLUMN "language" SET NOT NULL,
ALTER COLUMN "language" SET DEFAULT 'en';
