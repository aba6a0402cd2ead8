-- What is kept of the policy. Written from C alone, by functions that ask who may (src/store.rs), but for pg_restore. Text sorts
-- as "C" does, so that it can be looked up without knowing the database's collation. No row is replicated logically: a subscriber
-- to all tables need not have them.

CREATE TABLE warden_internal.mode (
    role_name pg_catalog.text COLLATE pg_catalog."C" CONSTRAINT mode_pkey PRIMARY KEY,
    mode pg_catalog.text NOT NULL
        CONSTRAINT mode_mode_check CHECK (mode OPERATOR(pg_catalog.=) ANY (ARRAY['off', 'warn', 'enforce'])),
    database pg_catalog.oid NOT NULL,
    set_at pg_catalog.timestamptz NOT NULL,
    set_by pg_catalog.text NOT NULL
);
COMMENT ON TABLE warden_internal.mode IS 'pg_warden: modes by warden.set_mode; role_name '''' is for every role that has none of its own';

CREATE TABLE warden_internal.switched_off (
    database pg_catalog.oid CONSTRAINT switched_off_pkey PRIMARY KEY,
    set_at pg_catalog.timestamptz NOT NULL,
    set_by pg_catalog.text NOT NULL
);
COMMENT ON TABLE warden_internal.switched_off IS 'pg_warden: a row where warden.disable() has switched it off; not dumped';

CREATE TABLE warden_internal.level (
    rule pg_catalog.text COLLATE pg_catalog."C" CONSTRAINT level_pkey PRIMARY KEY,
    level pg_catalog.text NOT NULL
        CONSTRAINT level_level_check CHECK (level OPERATOR(pg_catalog.=) ANY (ARRAY['error', 'warning', 'info', 'off'])),
    set_at pg_catalog.timestamptz NOT NULL,
    set_by pg_catalog.text NOT NULL
);
COMMENT ON TABLE warden_internal.level IS 'pg_warden: levels of rules by warden.set_level and warden.apply_preset';

CREATE TABLE warden_internal.threshold (
    name pg_catalog.text COLLATE pg_catalog."C" CONSTRAINT threshold_pkey PRIMARY KEY,
    value pg_catalog.int4 NOT NULL,
    set_at pg_catalog.timestamptz NOT NULL,
    set_by pg_catalog.text NOT NULL
);
COMMENT ON TABLE warden_internal.threshold IS 'pg_warden: thresholds by warden.set_threshold, in rows, kB or ms';

CREATE TABLE warden_internal.exemption (
    id pg_catalog.int8 GENERATED ALWAYS AS IDENTITY CONSTRAINT exemption_pkey PRIMARY KEY,
    rule pg_catalog.text COLLATE pg_catalog."C",
    object pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
    reason pg_catalog.text NOT NULL CONSTRAINT exemption_reason_check CHECK (reason OPERATOR(pg_catalog.<>) ''),
    expires_at pg_catalog.timestamptz,
    role_name pg_catalog.text COLLATE pg_catalog."C",
    created_at pg_catalog.timestamptz NOT NULL,
    created_by pg_catalog.text NOT NULL
);
CREATE INDEX exemption_object_idx ON warden_internal.exemption (object);
COMMENT ON TABLE warden_internal.exemption IS 'pg_warden: exceptions by warden.exempt; see warden.exemptions';

CREATE TABLE warden_internal.exempted_object (
    exemption pg_catalog.int8 CONSTRAINT exempted_object_pkey PRIMARY KEY,
    class pg_catalog.oid NOT NULL,
    object pg_catalog.oid NOT NULL,
    column_number pg_catalog.int4 NOT NULL,
    cluster pg_catalog.int8 NOT NULL
);
CREATE INDEX exempted_object_object_idx ON warden_internal.exempted_object (object);
COMMENT ON TABLE warden_internal.exempted_object IS 'pg_warden: the objects that exemptions were made for, to follow renames; not dumped';

CREATE TABLE warden_internal.exemption_use (
    id pg_catalog.int8 GENERATED ALWAYS AS IDENTITY CONSTRAINT exemption_use_pkey PRIMARY KEY,
    used_at pg_catalog.timestamptz NOT NULL,
    exemption pg_catalog.int8 NOT NULL
);
CREATE INDEX exemption_use_used_at_idx ON warden_internal.exemption_use (used_at);
CREATE INDEX exemption_use_exemption_idx ON warden_internal.exemption_use (exemption, used_at);
COMMENT ON TABLE warden_internal.exemption_use IS 'pg_warden: when statements went on because of an exemption, 90 days back; not dumped';

CREATE TABLE warden_internal.journal (
    id pg_catalog.int8 GENERATED ALWAYS AS IDENTITY CONSTRAINT journal_pkey PRIMARY KEY,
    at pg_catalog.timestamptz NOT NULL,
    action pg_catalog.text NOT NULL,
    level pg_catalog.text NOT NULL,
    rule pg_catalog.text NOT NULL,
    object pg_catalog.text,
    message pg_catalog.text NOT NULL,
    role pg_catalog.text NOT NULL,
    session_role pg_catalog.text NOT NULL,
    database pg_catalog.text NOT NULL,
    application pg_catalog.text,
    tag pg_catalog.text NOT NULL,
    source pg_catalog.text NOT NULL,
    statement pg_catalog.text,
    reason pg_catalog.text,
    can_block pg_catalog.bool NOT NULL
);
CREATE INDEX journal_at_idx ON warden_internal.journal (at);
COMMENT ON TABLE warden_internal.journal IS 'pg_warden: decisions, 90 days back; see warden.journal; not dumped';

ALTER TABLE warden_internal.mode REPLICA IDENTITY NOTHING;
ALTER TABLE warden_internal.switched_off REPLICA IDENTITY NOTHING;
ALTER TABLE warden_internal.level REPLICA IDENTITY NOTHING;
ALTER TABLE warden_internal.threshold REPLICA IDENTITY NOTHING;
ALTER TABLE warden_internal.exemption REPLICA IDENTITY NOTHING;
ALTER TABLE warden_internal.exempted_object REPLICA IDENTITY NOTHING;
ALTER TABLE warden_internal.exemption_use REPLICA IDENTITY NOTHING;
ALTER TABLE warden_internal.journal REPLICA IDENTITY NOTHING;

-- What SQL changes in these tables is told to every session, as what is changed from C is.
CREATE FUNCTION warden_internal.policy_changed() RETURNS pg_catalog.trigger
    LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'warden_policy_changed';
COMMENT ON FUNCTION warden_internal.policy_changed() IS 'pg_warden: tells every session that the policy has changed; called by triggers alone';
REVOKE ALL ON FUNCTION warden_internal.policy_changed() FROM PUBLIC;
CREATE TRIGGER policy_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON warden_internal.mode
    EXECUTE FUNCTION warden_internal.policy_changed();
CREATE TRIGGER policy_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON warden_internal.switched_off
    EXECUTE FUNCTION warden_internal.policy_changed();
CREATE TRIGGER policy_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON warden_internal.level
    EXECUTE FUNCTION warden_internal.policy_changed();
CREATE TRIGGER policy_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON warden_internal.threshold
    EXECUTE FUNCTION warden_internal.policy_changed();
CREATE TRIGGER policy_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON warden_internal.exemption
    EXECUTE FUNCTION warden_internal.policy_changed();
CREATE TRIGGER policy_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON warden_internal.exempted_object
    EXECUTE FUNCTION warden_internal.policy_changed();
-- Also for a session that restores with triggers off.
ALTER TABLE warden_internal.mode ENABLE ALWAYS TRIGGER policy_changed;
ALTER TABLE warden_internal.switched_off ENABLE ALWAYS TRIGGER policy_changed;
ALTER TABLE warden_internal.level ENABLE ALWAYS TRIGGER policy_changed;
ALTER TABLE warden_internal.threshold ENABLE ALWAYS TRIGGER policy_changed;
ALTER TABLE warden_internal.exemption ENABLE ALWAYS TRIGGER policy_changed;
ALTER TABLE warden_internal.exempted_object ENABLE ALWAYS TRIGGER policy_changed;

-- What was set goes with a dump, by name: modes hold where they were set, and say so elsewhere.
SELECT pg_catalog.pg_extension_config_dump('warden_internal.mode', '');
SELECT pg_catalog.pg_extension_config_dump('warden_internal.level', '');
SELECT pg_catalog.pg_extension_config_dump('warden_internal.threshold', '');
SELECT pg_catalog.pg_extension_config_dump('warden_internal.exemption', '');
SELECT pg_catalog.pg_extension_config_dump('warden_internal.exemption_id_seq', '');
