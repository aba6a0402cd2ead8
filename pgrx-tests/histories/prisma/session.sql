SET search_path = "public";
SELECT pg_advisory_lock(72707369);
