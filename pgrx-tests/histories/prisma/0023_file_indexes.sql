-- CreateIndex
CREATE INDEX "File_ownerId_idx" ON "File"("ownerId");

-- CreateIndex
CREATE INDEX "File_postId_idx" ON "File"("postId");

-- CreateIndex
CREATE UNIQUE INDEX "File_key_key" ON "File"("key");
