-- Custom: as the hosting's advisor asks.
ALTER TABLE "User" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "Post" ENABLE ROW LEVEL SECURITY;
CREATE POLICY "own" ON "User" USING ("id" = current_setting('app.user', true));
CREATE POLICY "visible" ON "Post" FOR SELECT USING ("status" = 'PUBLISHED');
