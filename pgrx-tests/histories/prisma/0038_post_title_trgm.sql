CREATE INDEX CONCURRENTLY IF NOT EXISTS "Post_title_idx" ON "Post" USING GIN ("title" gin_trgm_ops);
