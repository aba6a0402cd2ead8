-- Custom: Prisma does not know CHECK constraints.
ALTER TABLE "Post" ADD CONSTRAINT "Post_title_not_empty" CHECK ("title" <> '') NOT VALID;
