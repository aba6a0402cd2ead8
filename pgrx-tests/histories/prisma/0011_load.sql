INSERT INTO "User" ("id", "email", "name", "updatedAt") SELECT 'u' || n, 'u' || n || '@example.com', 'User ' || n, now() FROM generate_series(1, 2000) n;
INSERT INTO "Post" ("id", "title", "slug", "authorId", "updatedAt") SELECT 'p' || n, 'Post ' || n, 'post-' || n, 'u' || 1 + n % 2000, now() FROM generate_series(1, 3500) n;
INSERT INTO "Comment" ("body", "postId", "authorId") SELECT 'Comment ' || n, 'p' || 1 + n % 3500, 'u' || 1 + n % 2000 FROM generate_series(1, 7000) n;
INSERT INTO "Session" ("id", "sessionToken", "userId", "expires") SELECT 's' || n, md5(n::text), 'u' || 1 + n % 2000, now() FROM generate_series(1, 1500) n;
INSERT INTO "Tag" ("name") SELECT 'tag' || n FROM generate_series(1, 80) n;
INSERT INTO "_PostToTag" SELECT 'p' || n, 1 + n % 80 FROM generate_series(1, 3500) n;
VACUUM ANALYZE;
