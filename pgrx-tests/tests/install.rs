//! What the install script makes, as somebody sees it who wants to misuse it.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

use pg_warden_tests::cluster::{is_root, succeed};
use pg_warden_tests::{Leg, Result, cases, document, ensure, ensure_eq};

use crate::fixture::{open, shop};

cases![
    pgspot_finds_nothing,
    script_replaces_nothing,
    script_is_the_frozen_one,
    schema_squatting_is_refused,
    objects_in_the_way_are_refused,
    every_function_pins_its_search_path,
    what_runs_as_its_owner_is_listed,
    what_public_may_do,
    what_nobody_may_do_until_granted,
    everything_has_a_comment,
    everything_belongs_to_the_extension,
    trojans_in_the_search_path,
    trojans_in_pg_temp,
    a_schema_of_the_callers_own,
    hostile_names,
    installed_in_another_schema,
    screens_are_small,
];

/// Functions that do not pin their search path: they resolve names as their caller does, and look nothing else up by name.
const UNPINNED: [&str; 32] = [
    "warden.advise_partitioning(text)",
    "warden.apply_partition_retention(text,interval,text,boolean,integer)",
    "warden.check_partitions(text)",
    "warden.convert_to_partitioned(text,text,interval,text,integer,interval)",
    "warden.attach_partition(text,text,text,text)",
    "warden.create_daily_partition(text,date)",
    "warden.create_monthly_partition(text,date)",
    "warden.create_partitions(text,interval,timestamp without time zone,timestamp without time zone,text,text,text)",
    "warden.create_quarterly_partition(text,date)",
    "warden.create_range_partition(text,text,text,text)",
    "warden.create_weekly_partition(text,date)",
    "warden.create_yearly_partition(text,date)",
    "warden.drain_default_partition(text,bigint,interval)",
    "warden.default_partition_rows(text,boolean)",
    "warden.ensure_partition(text,text)",
    "warden.exempt(text,text,text,timestamp with time zone,text)",
    "warden.explain(text)",
    "warden.fill_partition_gaps(text)",
    "warden.lint(text,boolean)",
    "warden.list_partitions(text)",
    "warden.manage_partitions(text,interval,integer,interval,text,text,text,timestamp without time zone,text,text,text,text,text,boolean,boolean)",
    "warden.partition_for(text,text)",
    "warden.partition_gaps(text)",
    "warden_internal.named_relation(text)",
    "warden.partition_maintenance(text,interval)",
    "warden.plan_conversion(text,text,interval)",
    "warden.plan_partition_maintenance(text,timestamp with time zone)",
    "warden.unmanage_partitions(text)",
    "warden.split_partition(text,interval,integer,interval)",
    "warden_internal.partition_at_once(text,text)",
    "warden_internal.partition_in_catalog(text,text)",
    "warden_internal.range_partitioned(text)",
];

/// Views that read the tables of warden_internal for those who were given the view. `recent` and those of partitions show everybody what is their own.
const OWNERS_VIEWS: [&str; 8] = [
    "warden.exemptions",
    "warden.journal",
    "warden.partition_conversions",
    "warden.partition_log",
    "warden.partition_maintenance_status",
    "warden.partition_policies",
    "warden.recent",
    "warden_internal.partition_runs",
];

/// What PUBLIC may do, beside USAGE of types. The functions of `warden_internal` cannot be named without USAGE of that schema, which nobody has: they are
/// reached through a view, by those who may read it.
const PUBLIC: [&str; 45] = [
    "warden USAGE",
    "warden.help() EXECUTE",
    "warden.help(text) EXECUTE",
    "warden.advise_partitioning(text) EXECUTE",
    "warden.check_partitions(text) EXECUTE",
    "warden.explain(text) EXECUTE",
    "warden.lint(text,boolean) EXECUTE",
    "warden.list_partitions(text) EXECUTE",
    "warden.partition_for(text,text) EXECUTE",
    "warden.partition_gaps(text) EXECUTE",
    "warden.partition_log SELECT",
    "warden.partition_maintenance_status SELECT",
    "warden.partition_policies SELECT",
    "warden.recent SELECT",
    "warden.rules SELECT",
    "warden.time_partitions SELECT",
    "warden.uuidv7_lower_bound(timestamp with time zone) EXECUTE",
    "warden_internal.grants_past_policies(oid,oid) EXECUTE",
    "warden_internal.grants_unlike(oid,oid) EXECUTE",
    "warden_internal.relation_grants(oid) EXECUTE",
    "warden_internal.named_relation(text) EXECUTE",
    "warden_internal.has_zone(text) EXECUTE",
    "warden_internal.key_time(text,text) EXECUTE",
    "warden_internal.key_value(text,text,text) EXECUTE",
    "warden_internal.one_partition(text,text,oid,oid,oid) EXECUTE",
    "warden_internal.partition_advice(oid) EXECUTE",
    "warden_internal.partition_at_once(text,text) EXECUTE",
    "warden_internal.partition_bounds(oid,text,text,boolean) EXECUTE",
    "warden_internal.partition_encoding(oid) EXECUTE",
    "warden_internal.partition_problems(oid) EXECUTE",
    "warden_internal.partition_in_catalog(text,text) EXECUTE",
    "warden_internal.partition_ranges(oid,text,text,boolean) EXECUTE",
    "warden_internal.partition_rows(oid) EXECUTE",
    "warden_internal.partition_zone(oid) EXECUTE",
    "warden_internal.partitions_ahead(oid,text) EXECUTE",
    "warden_internal.policies_for(oid,text,text) EXECUTE",
    "warden_internal.policies_unlike(oid,oid) EXECUTE",
    "warden_internal.policy_hindrance(oid) EXECUTE",
    "warden_internal.range_partitioned(text) EXECUTE",
    "warden_internal.rules() EXECUTE",
    "warden_internal.sees_partitions_of(oid) EXECUTE",
    "warden_internal.status() EXECUTE",
    "warden_internal.steps_between(timestamp without time zone,timestamp without time zone,timestamp without time zone,timestamp without time zone) EXECUTE",
    "warden_internal.todo() EXECUTE",
    "warden_internal.would_block(text,text,text) EXECUTE",
];

fn script(leg: &Leg) -> Result<(PathBuf, String)> {
    let folder = leg.folder("--sharedir")?.join("extension");
    let version =
        leg.database()?.session()?.value("SELECT extversion FROM pg_extension WHERE extname = 'pg_warden'")?;
    let path = folder.join(format!("pg_warden--{version}.sql"));
    let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok((path, text))
}

/// pgspot from PyPI, installed once into the cache.
fn pgspot() -> Result<PathBuf> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache = std::env::var_os("PG_WARDEN_CACHE").map(PathBuf::from).or_else(|| {
        // As dev/common.sh has it: what root keeps must be readable for a server.
        if is_root() {
            return Some("/var/cache/pg_warden".into());
        }
        Some(std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home)?.join("pg_warden"))
    });
    let folder = cache.ok_or("no place for a cache: set PG_WARDEN_CACHE")?.join("tools/pgspot");
    let program = folder.join("bin/pgspot");
    if !program.exists() {
        succeed(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        succeed(Command::new(folder.join("bin/pip")).args([
            "--quiet",
            "--disable-pip-version-check",
            "install",
            "pgspot==0.9.4",
        ]))?;
    }
    Ok(program)
}

fn pgspot_finds_nothing(leg: &Leg) -> Result {
    let (path, _) = script(leg)?;
    let mut command = Command::new(pgspot()?);
    // C is a language it does not read.
    command.args(["--ignore-lang", "c"]).arg(&path);
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    ensure!(said.contains("Errors: 0 Warnings: 0 Unknown: 0"), "{said}");
    Ok(())
}

/// Upgrades start from what was released: the script of a version does not change after it was frozen in sql/install.
fn script_is_the_frozen_one(leg: &Leg) -> Result {
    let (path, installed) = script(leg)?;
    let name = path.file_name().ok_or("a script without a name")?;
    let frozen = fs::read_to_string(document::repository().join("sql/install").join(name))?;
    // Where in the sources an object is made, and in which order they come, is nothing to an upgrade.
    let objects = |text: &str| -> BTreeSet<String> {
        text.split("/* </end connected objects> */")
            .map(|object| object.lines().filter(|line| !line.starts_with("-- src/")).collect::<Vec<_>>().join("\n"))
            .collect()
    };
    let (installed, frozen) = (objects(&installed), objects(&frozen));
    let changed: Vec<_> = installed.symmetric_difference(&frozen).collect();
    ensure!(changed.is_empty(), "not as in sql/install: {changed:#?}");
    Ok(())
}

fn script_replaces_nothing(leg: &Leg) -> Result {
    let (path, text) = script(leg)?;
    for statement in pg_warden_tests::sql::split(&text) {
        let upper = statement.text.to_uppercase();
        for word in ["OR REPLACE", "IF NOT EXISTS", "@EXTOWNER@", "@EXTSCHEMA", "CREATE ROLE", "ALTER SYSTEM"] {
            ensure!(!upper.contains(word), "{}: line {}: {word}: {}", path.display(), statement.line, statement.text);
        }
    }
    Ok(())
}

fn schema_squatting_is_refused(leg: &Leg) -> Result {
    for schema in ["warden", "warden_internal"] {
        let db = leg.cluster.bare_database()?;
        let role = db.role("")?;
        db.session()?.run(&format!("GRANT CREATE ON DATABASE {} TO {role}", db.name()))?;
        db.session_as(&role)?.run(&format!(
            "CREATE SCHEMA {schema}; CREATE FUNCTION {schema}.help() RETURNS text LANGUAGE sql AS $$SELECT 'mine'$$"
        ))?;
        let error = db.session()?.error("CREATE EXTENSION pg_warden")?;
        ensure_eq!(error.sqlstate, "42P06", "{error}");
        let error = db.session()?.error(&format!("CREATE EXTENSION pg_warden SCHEMA {schema}"))?;
        ensure!(!error.sqlstate.starts_with("XX"), "{error}");
        ensure_eq!(db.session()?.value(&format!("SELECT {schema}.help()"))?, "mine");
        ensure_eq!(db.session()?.value("SELECT count(*) FROM pg_event_trigger")?, "0");
    }
    Ok(())
}

fn objects_in_the_way_are_refused(leg: &Leg) -> Result {
    let db = leg.cluster.bare_database()?;
    db.session()?.run(
        "CREATE FUNCTION public.mine() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
         CREATE EVENT TRIGGER pg_warden_start ON ddl_command_start EXECUTE FUNCTION public.mine()",
    )?;
    let error = db.session()?.error("CREATE EXTENSION pg_warden")?;
    ensure_eq!(error.sqlstate, "42710", "{error}");
    ensure_eq!(db.session()?.value("SELECT evtfoid::regproc FROM pg_event_trigger")?, "mine");
    Ok(())
}

fn every_function_pins_its_search_path(leg: &Leg) -> Result {
    let db = leg.database()?;
    let unpinned: BTreeSet<String> = db
        .session()?
        .column(
            "SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
             JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'pg_warden'
             WHERE NOT coalesce(p.proconfig && ARRAY['search_path=pg_catalog, pg_temp', 'search_path=\"\"', 'search_path='], false)
             AND p.prorettype <> 'event_trigger'::regtype",
        )?
        .into_iter()
        .collect();
    let listed: BTreeSet<String> = UNPINNED.iter().map(|&s| s.to_owned()).collect();
    ensure_eq!(unpinned, listed, "functions without a search path of their own");
    Ok(())
}

fn what_runs_as_its_owner_is_listed(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let definers = s.column(
        "SELECT oid::regprocedure FROM pg_proc WHERE prosecdef AND pronamespace::regnamespace::text LIKE 'warden%'",
    )?;
    ensure!(definers.is_empty(), "SECURITY DEFINER: {definers:?}");
    let views = s.column(
        "SELECT c.oid::regclass FROM pg_class c WHERE relkind = 'v' AND relnamespace::regnamespace::text LIKE 'warden%'
         AND NOT coalesce(reloptions::text[] && ARRAY['security_invoker=true', 'security_invoker=on'], false) ORDER BY c.oid::regclass::text",
    )?;
    ensure_eq!(views, OWNERS_VIEWS, "views that read as their owner");
    // None of them is anybody's until granted, but for what shows everybody their own.
    let role = db.role("")?;
    for call in [
        "SELECT warden.disable()",
        "SELECT warden.enable()",
        "SELECT * FROM warden.preview_enforce()",
        "SELECT * FROM warden.exemptions",
        "SELECT * FROM warden.journal",
    ] {
        ensure_eq!(db.session_as(&role)?.error(call)?.sqlstate, "42501", "{call}");
    }
    db.session_as(&role)?.run("SELECT * FROM warden.recent")?;
    Ok(())
}

fn what_public_may_do(leg: &Leg) -> Result {
    let db = leg.database()?;
    let allowed: BTreeSet<String> = db
        .session()?
        .column(
            "SELECT * FROM (
               SELECT nspname || ' ' || privilege_type AS x FROM pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) a
                 WHERE nspname LIKE 'warden%' AND grantee = 0
               UNION ALL
               SELECT p.oid::regprocedure || ' ' || privilege_type FROM pg_proc p, aclexplode(coalesce(proacl, acldefault('f', proowner))) a
                 WHERE pronamespace::regnamespace::text LIKE 'warden%' AND grantee = 0
               UNION ALL
               SELECT c.oid::regclass || ' ' || privilege_type FROM pg_class c, aclexplode(coalesce(relacl, acldefault('r', relowner))) a
                 WHERE relnamespace::regnamespace::text LIKE 'warden%' AND grantee = 0 AND relkind <> 'c'
             ) q ORDER BY 1",
        )?
        .into_iter()
        .collect();
    let listed: BTreeSet<String> = PUBLIC.iter().map(|&s| s.to_owned()).collect();
    ensure_eq!(allowed, listed, "what PUBLIC may do");
    Ok(())
}

fn what_nobody_may_do_until_granted(leg: &Leg) -> Result {
    let db = shop(leg)?;
    let role = db.role("")?;
    let mut s = db.session_as(&role)?;
    let mut admin = db.session()?;
    let mut calls: Vec<String> = admin
        .column("SELECT 'SELECT ' || oid::regproc || '()' FROM pg_proc WHERE pronamespace = 'warden_internal'::regnamespace AND pronargs = 0")?;
    calls.extend(
        ["SELECT * FROM warden.status", "SELECT * FROM warden.todo", "SELECT * FROM warden.audit()"].map(str::to_owned),
    );
    calls.extend(
        [
            "SELECT * FROM warden.audit_table('orders')",
            "SELECT warden.create_monthly_partition('orders', '2026-01-01')",
            "SELECT * FROM warden.manage_partitions('orders')",
            "SELECT warden.unmanage_partitions('orders')",
            "SELECT * FROM warden.plan_partition_maintenance()",
            "SELECT * FROM warden.apply_partition_retention('orders', '1 year')",
            "CALL warden.partition_maintenance()",
            "SELECT warden.set_mode('off')",
            "SELECT warden.set_level('drop-table', 'off')",
            "SELECT warden.reset_level('drop-table')",
            "SELECT warden.apply_preset('relaxed')",
            "SELECT warden.set_threshold('busy_after', '1h')",
            "SELECT warden.exempt(NULL, 'orders', 'mine')",
            "SELECT warden.unexempt(1)",
            "SELECT warden.exempt_existing(NULL, 'mine')",
            "SELECT warden.prune_journal()",
        ]
        .map(str::to_owned),
    );
    ensure!(calls.len() > 5, "{calls:?}");
    for call in &calls {
        ensure_eq!(s.error(call)?.sqlstate, "42501", "{call}");
    }
    // An ordinary GRANT is all it takes.
    admin.run(&format!("GRANT SELECT ON warden.status, warden.todo TO {role}; GRANT EXECUTE ON FUNCTION warden.audit(text[], text[], text) TO {role}"))?;
    for call in ["SELECT * FROM warden.status", "SELECT * FROM warden.todo", "SELECT * FROM warden.audit()"] {
        s.run(call)?;
    }
    Ok(())
}

fn everything_has_a_comment(leg: &Leg) -> Result {
    let db = leg.database()?;
    let bare = db.session()?.column(
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE pronamespace = 'warden'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL
         UNION ALL SELECT c.oid::regclass::text FROM pg_class c WHERE relnamespace = 'warden'::regnamespace AND relkind IN ('v', 'r')
           AND obj_description(oid, 'pg_class') IS NULL
         UNION ALL SELECT t.oid::regtype::text FROM pg_type t WHERE typnamespace = 'warden'::regnamespace AND typtype IN ('e', 'd') AND obj_description(oid, 'pg_type') IS NULL",
    )?;
    ensure!(bare.is_empty(), "without a comment: {bare:?}");
    Ok(())
}

fn everything_belongs_to_the_extension(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    let strays = s.column(
        "SELECT pg_describe_object(classid, objid, 0) FROM (
           SELECT 'pg_proc'::regclass AS classid, oid AS objid FROM pg_proc WHERE pronamespace::regnamespace::text LIKE 'warden%'
           UNION ALL SELECT 'pg_class'::regclass, oid FROM pg_class WHERE relnamespace::regnamespace::text LIKE 'warden%' AND relkind IN ('r', 'v', 'S', 'c')
           UNION ALL SELECT 'pg_namespace'::regclass, oid FROM pg_namespace WHERE nspname LIKE 'warden%'
           UNION ALL SELECT 'pg_event_trigger'::regclass, oid FROM pg_event_trigger) o
         WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = o.classid AND d.objid = o.objid AND d.deptype IN ('e', 'i'))",
    )?;
    ensure!(strays.is_empty(), "not members: {strays:?}");
    s.run("DROP EXTENSION pg_warden")?;
    ensure_eq!(s.value("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'warden%'")?, "0");
    Ok(())
}

/// What an attacker puts where names are looked up: whatever is called by its bare name runs their code.
const TROJANS: &str = "
    CREATE FUNCTION trojan() RETURNS text LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'the trojan ran as %', current_user; END$$;
    CREATE FUNCTION lower(text) RETURNS text LANGUAGE sql AS 'SELECT trojan()';
    CREATE FUNCTION format(text, VARIADIC text[]) RETURNS text LANGUAGE sql AS 'SELECT trojan()';
    CREATE FUNCTION quote_ident(text) RETURNS text LANGUAGE sql AS 'SELECT trojan()';
    CREATE FUNCTION coalesce_text(text) RETURNS text LANGUAGE sql AS 'SELECT trojan()';
    CREATE FUNCTION array_length(int2vector, int) RETURNS int LANGUAGE sql AS 'SELECT trojan()::int';
    CREATE FUNCTION pg_size_pretty(int) RETURNS text LANGUAGE sql AS 'SELECT trojan()';
    CREATE FUNCTION string_agg_name(name) RETURNS text LANGUAGE sql AS 'SELECT trojan()';
    CREATE FUNCTION eq_trojan(name, text) RETURNS boolean LANGUAGE sql AS 'SELECT trojan() IS NULL';
    CREATE OPERATOR = (FUNCTION = eq_trojan, LEFTARG = name, RIGHTARG = text);
    CREATE FUNCTION eq_char(\"char\", text) RETURNS boolean LANGUAGE sql AS 'SELECT trojan() IS NULL';
    CREATE OPERATOR = (FUNCTION = eq_char, LEFTARG = \"char\", RIGHTARG = text);
    CREATE FUNCTION cat_trojan(text, name) RETURNS text LANGUAGE sql AS 'SELECT trojan()';
    CREATE OPERATOR || (FUNCTION = cat_trojan, LEFTARG = text, RIGHTARG = name);
    CREATE FUNCTION any_trojan(oid, int) RETURNS boolean LANGUAGE sql AS 'SELECT trojan() IS NULL';
    CREATE OPERATOR = (FUNCTION = any_trojan, LEFTARG = oid, RIGHTARG = int);";

/// Calls every function and reads every view of the extension, and does DDL under the guard.
fn use_everything(s: &mut pg_warden_tests::Session) -> Result {
    let mut calls: Vec<String> = [
        "SELECT * FROM warden.lint('CREATE INDEX i ON public.orders (customer_id); CREATE TABLE public.x (a serial, b bigint REFERENCES public.orders)')",
        "SELECT * FROM warden.audit()",
        "SELECT * FROM warden.audit_table('public.orders')",
        "SELECT warden.help(), warden.help('create-index-not-concurrent')",
        "CREATE INDEX trojan_i ON public.orders (customer_id)",
        "ALTER TABLE public.orders ADD CHECK (total > 0), ALTER customer_id SET NOT NULL, ADD COLUMN r float DEFAULT random()",
        "BEGIN; CREATE TABLE public.trojan_t (a serial, b bigint REFERENCES public.orders); COMMIT",
        "DROP INDEX public.trojan_i",
        "CREATE TABLE public.events (at date NOT NULL PRIMARY KEY) PARTITION BY RANGE (at)",
        "SELECT warden.create_monthly_partition('public.events', '2026-01-01')",
    ]
    .map(str::to_owned)
    .to_vec();
    calls.extend(
        s.column("SELECT 'SELECT * FROM ' || oid::regclass FROM pg_catalog.pg_class WHERE relnamespace = 'warden'::regnamespace AND relkind = 'v'")?,
    );
    for call in calls {
        let outcome = s.outcome(&call);
        ensure!(!outcome.to_string().contains("the trojan ran"), "{call}: {outcome}");
        ensure!(outcome.error.is_none(), "{call}: {outcome}");
    }
    Ok(())
}

fn trojans_in_the_search_path(leg: &Leg) -> Result {
    let db = shop(leg)?;
    let role = db.role("")?;
    db.session()?.run(&format!("CREATE SCHEMA attack AUTHORIZATION {role}"))?;
    db.session_as(&role)?.run(&format!("SET search_path = attack, pg_catalog; {TROJANS}"))?;
    for path in ["attack, pg_catalog, public", "attack, public", "public, attack"] {
        let db = db.copy()?;
        db.session()?.run(&format!("ALTER DATABASE {} SET warden.large_table_rows = 1000", db.name()))?;
        let mut s = db.session()?;
        s.run(&format!("SET search_path = {path}"))?;
        use_everything(&mut s)?;
    }
    Ok(())
}

fn trojans_in_pg_temp(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    // Relations and types are looked up in pg_temp first of all.
    s.run(
        "CREATE TEMP TABLE pg_class (trojan int); CREATE TEMP TABLE pg_constraint (trojan int); CREATE TEMP TABLE pg_index (trojan int);
         CREATE TEMP TABLE pg_attribute (trojan int); CREATE TEMP TABLE pg_namespace (trojan int); CREATE DOMAIN pg_temp.text AS int; CREATE DOMAIN pg_temp.regclass AS int;
         CREATE TEMP TABLE finding (trojan int); CREATE TEMP TABLE rules (trojan int)",
    )?;
    for call in [
        "SELECT * FROM warden.lint('CREATE INDEX i ON orders (customer_id)')",
        "SELECT * FROM warden.audit()",
        "SELECT * FROM warden.todo",
        "SELECT * FROM warden.rules",
        "SELECT * FROM warden.status",
        "CREATE INDEX i ON orders (customer_id)",
    ] {
        let outcome = s.outcome(call);
        ensure!(outcome.error.is_none() && !outcome.to_string().contains("internal"), "{call}: {outcome}");
    }
    Ok(())
}

fn a_schema_of_the_callers_own(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    s.run("SET search_path = ''; SET warden.mode = enforce")?;
    ensure_eq!(s.error("CREATE INDEX i ON public.orders (customer_id)")?.rule(), Some("create-index-not-concurrent"));
    ensure!(!s.rows("SELECT * FROM warden.lint('CREATE INDEX i ON public.orders (customer_id)')")?.is_empty());
    s.run("SELECT * FROM warden.audit()")?;
    s.run("SET search_path = missing_schema; SET standard_conforming_strings = off; SET quote_all_identifiers = on; SET extra_float_digits = -15; SET datestyle = 'SQL, DMY'; SET bytea_output = 'escape'; SET transform_null_equals = on; SET client_min_messages = error")?;
    s.run("SELECT * FROM warden.audit()")?;
    ensure_eq!(s.error("CREATE INDEX i ON public.orders (customer_id)")?.rule(), Some("create-index-not-concurrent"));
    Ok(())
}

fn hostile_names(leg: &Leg) -> Result {
    let (_db, mut s) = open(leg)?;
    for name in [
        "x'; DROP TABLE orders; --",
        "%s%n%d",
        "a\nb",
        "$1",
        "{\"json\": 1}",
        "\\x00",
        "*/ DROP",
        "[rule]",
        "é".repeat(31).as_str(),
        " ",
        "\u{7}",
    ] {
        let quoted = name.replace('"', "\"\"");
        s.run("SET warden.mode = off")?;
        s.run(&format!(
            "CREATE TABLE \"{quoted}\" (id serial, \"{quoted}\" bigint REFERENCES orders); INSERT INTO \"{quoted}\" SELECT i, 1 FROM generate_series(1, 2000) i; ANALYZE \"{quoted}\""
        ))?;
        s.run("RESET warden.mode")?;
        for sql in [
            format!("CREATE INDEX \"{quoted} i\" ON \"{quoted}\" (\"{quoted}\")"),
            format!("ALTER TABLE \"{quoted}\" ADD CONSTRAINT \"{quoted} c\" CHECK (\"{quoted}\" > 0)"),
            format!("ALTER TABLE \"{quoted}\" ALTER COLUMN \"{quoted}\" SET NOT NULL"),
            format!("DROP INDEX \"{quoted} i\""),
        ] {
            let outcome = s.outcome(&sql);
            ensure!(outcome.error.is_none(), "{sql}: {outcome}");
            s.rows(&format!("SELECT * FROM warden.lint({})", pg_warden_tests::sql::literal(&sql)))?;
        }
        s.rows("SELECT * FROM warden.audit()")?;
    }
    // Fixes are complete statements, with names quoted: each parses, and as one kind of statement.
    let fixes = s.column("SELECT fix FROM warden.audit() WHERE fix IS NOT NULL")?;
    ensure!(!fixes.is_empty());
    for fix in fixes {
        let errors = s.rows(&format!(
            "SELECT message FROM warden.lint({}) WHERE rule = 'syntax-error'",
            pg_warden_tests::sql::literal(&fix)
        ))?;
        ensure!(errors.is_empty(), "{fix}: {errors:?}");
    }
    ensure_eq!(s.value("SELECT count(*) FROM orders")?, "2000");
    Ok(())
}

fn installed_in_another_schema(leg: &Leg) -> Result {
    let db = leg.cluster.bare_database()?;
    let mut s = db.session()?;
    s.run("CREATE SCHEMA \"Other schema\"; SET search_path = \"Other schema\"")?;
    let outcome = s.outcome("CREATE EXTENSION pg_warden");
    ensure!(outcome.error.is_none(), "{outcome}");
    ensure_eq!(
        s.value("SELECT count(*) FROM pg_proc WHERE pronamespace = '\"Other schema\"'::regnamespace")?,
        "0",
        "everything is in warden and warden_internal"
    );
    s.error("ALTER EXTENSION pg_warden SET SCHEMA public")?;
    Ok(())
}

fn screens_are_small(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session()?;
    ensure!(s.rows("SELECT FROM pg_proc WHERE pronamespace = 'warden'::regnamespace")?.len() <= 60);
    ensure!(s.rows("SELECT FROM pg_class WHERE relnamespace = 'warden'::regnamespace AND relkind = 'v'")?.len() <= 20);
    ensure!(s.value("SELECT warden.help()")?.lines().count() <= 45, "help is one screen");
    Ok(())
}
