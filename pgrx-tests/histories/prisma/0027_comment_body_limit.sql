/*
  Warnings:

  - You are about to alter the column `body` on the `Comment` table. The data in that column could be lost. The data in that column will be cast from `Text` to `VarChar(2000)`.

*/
-- AlterTable
ALTER TABLE "Comment" ALTER COLUMN "body" SET DATA TYPE VARCHAR(2000);
