-- CreateView
CREATE VIEW "TagUsage" AS
SELECT t."id", t."label", COUNT(pt."A") AS "posts"
FROM "Tag" t
LEFT JOIN "_PostToTag" pt ON pt."B" = t."id"
GROUP BY t."id", t."label";
