-- PUBLIC may read help and lint; everything else is granted by the administrator.
GRANT USAGE ON SCHEMA warden TO PUBLIC;
