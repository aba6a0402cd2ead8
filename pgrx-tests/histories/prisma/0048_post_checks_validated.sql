ALTER TABLE "Post" VALIDATE CONSTRAINT "Post_title_not_empty";
