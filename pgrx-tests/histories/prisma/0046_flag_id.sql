/*
  Warnings:

  - The primary key for the `feature_flags` table will be changed. If it partially fails, the table could be left without primary key constraint.

*/
-- AlterTable
ALTER TABLE "feature_flags" DROP CONSTRAINT "feature_flags_pkey",
ADD COLUMN     "id" SERIAL NOT NULL,
ADD CONSTRAINT "feature_flags_pkey" PRIMARY KEY ("id");

-- CreateIndex
CREATE UNIQUE INDEX "feature_flags_name_key" ON "feature_flags"("name");
