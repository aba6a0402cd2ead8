-- DropIndex
DROP INDEX "VerificationToken_token_key";
