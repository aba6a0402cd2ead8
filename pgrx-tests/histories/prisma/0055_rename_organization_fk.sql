-- RenameForeignKey
ALTER TABLE "Invitation" RENAME CONSTRAINT "Invitation_organizationId_fkey" TO "Invitation_organization_fkey";

-- RenameIndex
ALTER INDEX "Invitation_organizationId_email_key" RENAME TO "Invitation_org_email_key";
