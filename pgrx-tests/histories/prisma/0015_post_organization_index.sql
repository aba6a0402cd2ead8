CREATE INDEX CONCURRENTLY "Post_organizationId_idx" ON "Post"("organizationId");
