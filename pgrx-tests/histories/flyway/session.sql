SET extra_float_digits = 3;
SET application_name = 'Flyway by Redgate';
SELECT set_config('search_path', '"shop","$user", public', false);
