/*
  Warnings:

  - Changed the type of `kind` on the `Notification` table. No cast exists, the column would be dropped and recreated, which cannot be done if there is data, since the column is required.

*/
-- CreateEnum
CREATE TYPE "NotificationKind" AS ENUM ('REPLY', 'MENTION', 'SYSTEM');

-- AlterTable
ALTER TABLE "Notification" DROP COLUMN "kind",
ADD COLUMN     "kind" "NotificationKind" NOT NULL DEFAULT 'SYSTEM';
