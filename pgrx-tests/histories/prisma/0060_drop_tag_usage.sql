-- DropView
DROP VIEW "TagUsage";
