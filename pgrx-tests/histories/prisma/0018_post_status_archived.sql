-- AlterEnum
ALTER TYPE "PostStatus" ADD VALUE 'ARCHIVED';
