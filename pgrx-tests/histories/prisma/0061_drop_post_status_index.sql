-- DropIndex
DROP INDEX "Post_status_createdAt_idx";
