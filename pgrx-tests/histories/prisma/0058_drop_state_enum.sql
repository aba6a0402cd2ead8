-- AlterTable
ALTER TABLE "Invitation" DROP COLUMN "state";

-- DropEnum
DROP TYPE "InvitationState";
