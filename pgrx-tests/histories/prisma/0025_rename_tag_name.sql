-- AlterTable
ALTER TABLE "Tag" RENAME COLUMN "name" TO "label";

-- RenameIndex
ALTER INDEX "Tag_name_key" RENAME TO "Tag_label_key";
