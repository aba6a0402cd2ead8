//! The audit of columns and names: what pages cannot show.

use pg_warden_tests::sql::literal;
use pg_warden_tests::{Leg, Result, Session, cases, ensure, ensure_eq};

cases![
    one_row_a_table,
    domains_and_arrays,
    amounts_of_any_digits,
    triggers_of_large_objects,
    defaults_of_the_past,
    a_default_is_read_though_its_table_is_locked,
    names_of_one_table,
    characters_that_need_quotes,
    names_as_long_as_can_be,
    names_of_keys,
    alignment,
    series_of_columns,
    comments,
    hostile_names,
    an_ordinary_role,
];

/// Object and message of what a rule finds.
fn found(s: &mut Session, rule: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!(
        "SELECT object || ': ' || message FROM warden.audit(rules => ARRAY[{}]) ORDER BY object COLLATE \"C\"",
        literal(rule)
    ))?)
}

/// A session with the guard silent, in which rules that are off by default are on.
fn quiet(leg: &Leg) -> Result<(pg_warden_tests::Database<'_>, Session)> {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.mode=off")?;
    s.run("SELECT warden.set_level(rule, 'info') FROM warden.rules WHERE level = 'off' AND checks LIKE '%audit%'")?;
    Ok((db, s))
}

fn one_row_a_table(leg: &Leg) -> Result {
    let (_db, mut s) = quiet(leg)?;
    s.script(
        "CREATE TABLE one (id bigint PRIMARY KEY, a varchar(9), n serial);
         CREATE TABLE two (id bigint PRIMARY KEY, b varchar(9), a varchar(9), n serial, o serial);
         CREATE TABLE many (id bigint PRIMARY KEY, c1 varchar(1), c2 varchar(1), c3 varchar(1), c4 varchar(1), c5 varchar(1), c6 varchar(1),
             c7 varchar(1))",
    )?;
    ensure_eq!(
        found(&mut s, "column-type-varchar-n")?,
        [
            "public.many: columns \"c1\", \"c2\", \"c3\", \"c4\", \"c5\" and 2 more of \"many\" are varchar(n)",
            "public.one.a: column \"a\" of \"one\" is varchar(n)",
            "public.two: columns \"a\", \"b\" of \"two\" are varchar(n)",
        ]
    );
    ensure_eq!(
        s.column("SELECT detail FROM warden.audit(rules => '{column-type-serial}') ORDER BY object")?,
        [
            "Whoever inserts needs rights on sequence public.one_n_seq too, and any INSERT may bypass it.",
            "Whoever inserts needs rights on sequence public.two_n_seq too, and any INSERT may bypass it. So it is with the others.",
        ]
    );
    // With one left, it is that column's.
    s.run("ALTER TABLE two DROP COLUMN b")?;
    ensure_eq!(found(&mut s, "column-type-varchar-n")?[2], "public.two.a: column \"a\" of \"two\" is varchar(n)");
    // An exemption is about a column, whatever is told of the table.
    s.script("ALTER TABLE two ADD COLUMN b varchar(9), ADD COLUMN c varchar(9); SELECT warden.exempt('column-type-varchar-n', 'two.b', 'r')")?;
    ensure_eq!(
        found(&mut s, "column-type-varchar-n")?[2],
        "public.two: columns \"a\", \"c\" of \"two\" are varchar(n)"
    );
    ensure_eq!(s.value("SELECT warden.exempt_existing('column-type-varchar-n', 'old')")?, "10");
    s.run("ALTER TABLE two ADD COLUMN d varchar(9)")?;
    ensure_eq!(found(&mut s, "column-type-varchar-n")?, ["public.two.d: column \"d\" of \"two\" is varchar(n)"]);
    // A partition and a child have theirs from the parent, and are judged for what is theirs alone.
    s.script(
        "CREATE TABLE p (id bigint, a money) PARTITION BY LIST (id); CREATE TABLE p_1 PARTITION OF p FOR VALUES IN (1);
         CREATE TABLE parent (a money); CREATE TABLE child (b money) INHERITS (parent)",
    )?;
    ensure_eq!(
        found(&mut s, "column-type-money")?,
        [
            "public.child.b: column \"b\" of \"child\" is money",
            "public.p.a: column \"a\" of \"p\" is money",
            "public.parent.a: column \"a\" of \"parent\" is money"
        ]
    );
    Ok(())
}

fn domains_and_arrays(leg: &Leg) -> Result {
    let (_db, mut s) = quiet(leg)?;
    s.script(
        "CREATE DOMAIN code AS char(3); CREATE DOMAIN country AS code; CREATE DOMAIN moment AS timestamp(0); CREATE DOMAIN remark AS varchar;
         CREATE TYPE mood AS ENUM ('good'); CREATE DOMAIN state AS mood; CREATE DOMAIN sure AS boolean NOT NULL;
         CREATE TABLE t (id bigint PRIMARY KEY, c country, m moment, l remark, s state, b sure, p regproc[], r regclass, f \"char\", g bpchar, x json[])",
    )?;
    for (rule, expected) in [
        ("column-type-char", "public.t.c"),
        ("column-type-timestamp", "public.t.m"),
        ("column-type-timestamp-precision-0", "public.t.m"),
        ("column-type-varchar-n", ""),
        ("column-type-enum", "public.t.s"),
        ("column-type-reg", "public.t.p"),
        ("column-type-json", ""),
        ("boolean-nullable", ""),
    ] {
        let objects = found(&mut s, rule)?.join(" ");
        ensure_eq!(objects.split(':').next().unwrap_or_default(), expected, "{rule}: {objects}");
    }
    Ok(())
}

fn amounts_of_any_digits(leg: &Leg) -> Result {
    let (_db, mut s) = quiet(leg)?;
    s.script(
        "CREATE DOMAIN any_digits AS numeric; CREATE DOMAIN positive AS any_digits CHECK (VALUE > 0);
         CREATE DOMAIN cents AS numeric(12, 2); CREATE DOMAIN paid AS cents CHECK (VALUE > 0);
         CREATE TABLE t (a_price numeric, b_price any_digits, c_price positive, d_price cents, e_price paid, f_price numeric(9),
             g_price numeric[], \"Price\" numeric, price_eur numeric, price_level numeric, dropped_price numeric);
         ALTER TABLE t DROP COLUMN dropped_price;
         CREATE TABLE p (price numeric) PARTITION BY RANGE (price); CREATE TABLE p_1 PARTITION OF p DEFAULT;
         CREATE TABLE child () INHERITS (t); CREATE VIEW v AS SELECT price FROM p; CREATE TEMP TABLE mine (price numeric)",
    )?;
    let rule = "numeric-without-scale-money";
    ensure_eq!(
        found(&mut s, rule)?,
        [
            "public.p.price: column \"price\" of \"p\" is numeric without a scale",
            "public.t: columns \"Price\", \"a_price\", \"b_price\", \"c_price\", \"price_eur\" of \"t\" are numeric without a scale",
        ]
    );
    ensure_eq!(
        s.value("SELECT count(*) FROM warden.audit_table('p') WHERE rule = 'numeric-without-scale-money'")?,
        "1"
    );
    s.run("SELECT warden.reset_level('numeric-without-scale-money')")?;
    ensure_eq!(found(&mut s, rule)?, [""; 0], "it is off unless somebody wants it");
    Ok(())
}

fn triggers_of_large_objects(leg: &Leg) -> Result {
    let (_db, mut s) = quiet(leg)?;
    s.script(
        "CREATE EXTENSION lo; CREATE TABLE t (id bigint PRIMARY KEY, a lo, b lo, o oid);
         CREATE TRIGGER a BEFORE UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION lo_manage(a)",
    )?;
    let line = ["public.t.b: column \"b\" of \"t\" is a large object, which no trigger removes"];
    ensure_eq!(found(&mut s, "column-type-lo")?, line);
    // One alone leaves the object of a row that is deleted.
    s.run("CREATE TRIGGER b BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION lo_manage(b)")?;
    ensure_eq!(found(&mut s, "column-type-lo")?, line);
    s.run("CREATE TRIGGER c BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION lo_manage(b)")?;
    ensure_eq!(found(&mut s, "column-type-lo")?, [""; 0]);
    s.run("ALTER TABLE t DISABLE TRIGGER a")?;
    ensure_eq!(found(&mut s, "column-type-lo")?.len(), 1);
    Ok(())
}

fn defaults_of_the_past(leg: &Leg) -> Result {
    let (_db, mut s) = quiet(leg)?;
    s.run("CREATE TABLE t (id bigint PRIMARY KEY, a text)")?;
    for (column, expected) in [
        ("timestamptz DEFAULT '2026-01-02 03:04:05.678901+00'", 1),
        ("timestamp DEFAULT '2026-01-02 03:04:05.6789'", 1),
        ("time DEFAULT '03:04:05.678901'", 1),
        ("timetz DEFAULT '03:04:05.678901+02'", 1),
        ("date DEFAULT ('2026-01-02 03:04:05.678901+00'::timestamptz)::date + 7", 1),
        ("timestamptz DEFAULT '2026-01-02 03:04:05'", 0),
        ("timestamptz DEFAULT '2026-01-02 03:04:05.678'", 1),
        ("timestamptz DEFAULT '2026-01-02 03:04:05.9123'", 1),
        ("timestamptz DEFAULT '2026-01-02 03:04:05.5'", 0),
        ("time DEFAULT '23:59:59.999'", 0),
        ("timestamptz DEFAULT '9999-12-31 23:59:59.999999+00'", 0),
        ("timestamptz DEFAULT '-infinity'", 0),
        ("timestamptz DEFAULT now() + '00:00:01.234567'::interval", 0),
        ("text DEFAULT '03:04:05.678901'", 0),
        ("timestamptz DEFAULT '2026-01-02 03:04:05.678901+00'::text::timestamptz", 0),
        ("date DEFAULT CURRENT_DATE", 0),
        ("timestamp GENERATED ALWAYS AS ('2026-01-02 03:04:05.678901'::timestamp) STORED", 0),
    ] {
        s.run("BEGIN")?;
        s.run(&format!("ALTER TABLE t ADD COLUMN x {column}"))?;
        for style in ["ISO, MDY", "German, DMY", "SQL, DMY", "Postgres, MDY"] {
            s.run(&format!("SET datestyle = '{style}'"))?;
            ensure_eq!(found(&mut s, "default-now-in-cast")?.len(), expected, "{column}, {style}");
        }
        s.run("ROLLBACK")?;
    }
    s.run("ALTER TABLE t ADD COLUMN x timestamptz DEFAULT '2026-01-02 03:04:05.6789'")?;
    let hint = s.value("SELECT hint FROM warden.audit(rules => '{default-now-in-cast}')")?;
    ensure!(hint.starts_with("ALTER TABLE public.t ALTER COLUMN x SET DEFAULT now();"), "{hint}");
    Ok(())
}

fn a_default_is_read_though_its_table_is_locked(leg: &Leg) -> Result {
    let (db, mut s) = quiet(leg)?;
    s.script(
        "CREATE TABLE t (id serial PRIMARY KEY, at timestamptz DEFAULT '2026-01-02 03:04:05.6789', b boolean CHECK (b), tag1 int, tag2 int, tag3 int);
         UPDATE pg_class SET reltuples = 20000000, relpages = 200000 WHERE relname = 't'",
    )?;
    let mut other = db.session_with("-c warden.mode=off")?;
    other.script("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE")?;
    s.run("SET lock_timeout = '1s'")?;
    ensure_eq!(s.value("SELECT count(*) FROM warden.audit() WHERE level = 'not checked' AND rule NOT IN ('table-unused', 'jsonb-wide-toast', 'trigger-cost') AND rule IN (SELECT rule FROM warden.rules WHERE area = 'design')")?, "0");
    ensure_eq!(found(&mut s, "default-now-in-cast")?.len(), 1);
    ensure_eq!(found(&mut s, "incrementing-columns")?.len(), 1);
    other.run("ROLLBACK")?;
    Ok(())
}

fn names_of_one_table(leg: &Leg) -> Result {
    let (_db, mut s) = quiet(leg)?;
    s.script(
        "CREATE TABLE \"Orders\" (id bigint PRIMARY KEY, \"customerId\" bigint, \"ärger\" int, \"ÄRGER\" int, \"order\" int, \"User\" int);
         CREATE TABLE \"p_Parent\" (id bigint) PARTITION BY LIST (id); CREATE TABLE \"Part\" PARTITION OF \"p_Parent\" FOR VALUES IN (1);
         CREATE TABLE plain (id bigint PRIMARY KEY, name text, \"left\" int, \"user\" int);
         CREATE MATERIALIZED VIEW \"Seen\" AS SELECT 1 AS \"One\"; CREATE VIEW \"View\" AS SELECT 1 AS a",
    )?;
    ensure_eq!(
        found(&mut s, "identifier-not-lowercase")?,
        [
            // What is no letter of ASCII is not made small where a name has no quotes.
            "public.\"Orders\": names \"Orders\", \"customerId\", \"ÄRGER\", \"User\" have capital letters",
            "public.\"Seen\": name \"Seen\" has capital letters",
            "public.\"p_Parent\": name \"p_Parent\" has capital letters",
        ]
    );
    // left is a word for functions and types.
    ensure_eq!(
        found(&mut s, "identifier-reserved-word")?,
        [
            "public.\"Orders\": name \"order\" in \"Orders\" is a reserved word",
            "public.plain: name \"user\" in \"plain\" is a reserved word"
        ]
    );
    ensure_eq!(
        s.value("SELECT level || ' ' || detail FROM warden.audit_table('\"Orders\"') WHERE rule = 'identifier-not-lowercase'")?,
        "warning Without quotes the server reads orders and finds nothing: each query has to write \"Orders\"."
    );
    Ok(())
}

/// Each character of ASCII as the server's grammar takes it.
fn characters_that_need_quotes(leg: &Leg) -> Result {
    let db = leg.database()?;
    let mut s = db.session_with("-c warden.rule_levels=identifier-special-char=warning")?;
    let rule = "identifier-special-char";
    for code in 1..=127_u8 {
        let letter = char::from(code);
        for name in [format!("{letter}x"), format!("x{letter}")] {
            let quoted = format!("\"{}\"", name.replace('"', "\"\""));
            s.run("BEGIN")?;
            let is_read = s.run(&format!("CREATE TEMP TABLE {name} ()")).is_ok()
                && s.value(&format!("SELECT count(*) FROM pg_class WHERE relname = {}", literal(&name)))? == "1";
            s.run("ROLLBACK")?;
            let told = usize::from(!is_read && !letter.is_ascii_uppercase());
            s.run("BEGIN")?;
            let said = s.run(&format!("CREATE TABLE {quoted} (id bigint PRIMARY KEY)"))?;
            let notices =
                said.notices.iter().filter(|notice| notice.to_string().contains("for its characters")).count();
            ensure_eq!(notices, told, "{name:?} in a statement: {said}");
            ensure_eq!(found(&mut s, rule)?.len(), told, "{name:?} in the audit");
            s.run("ROLLBACK")?;
        }
    }
    // One finding a name, whatever its faults.
    s.script("CREATE TABLE \"Order Lines\" (id bigint PRIMARY KEY, \"a b\" int, \"c-d\" int, \"E f\" int)")?;
    ensure_eq!(
        found(&mut s, rule)?,
        ["public.\"Order Lines\": names \"a b\", \"c-d\" in \"Order Lines\" need quotes for their characters"]
    );
    let hint = s.value(
        "SELECT hint FROM warden.lint('CREATE TABLE \"Order Lines\" (id bigint)') WHERE rule = 'identifier-not-lowercase'",
    )?;
    ensure_eq!(hint, "Instead: order_lines");
    Ok(())
}

fn names_as_long_as_can_be(leg: &Leg) -> Result {
    let (_db, mut s) = quiet(leg)?;
    let (cut, whole, letters) = ("t".repeat(64), "w".repeat(62), format!("{}x", "é".repeat(31)));
    s.script(&format!(
        "CREATE TABLE {cut} (id bigint PRIMARY KEY, {cut} int, {whole} int);
         CREATE TABLE {whole} (id bigint PRIMARY KEY, \"{letters}\" int);
         CREATE TABLE p (id bigint) PARTITION BY LIST (id); CREATE TABLE p{cut} PARTITION OF p DEFAULT;
         CREATE INDEX i{cut} ON p (id)"
    ))?;
    let kept = &cut[..63];
    ensure_eq!(
        found(&mut s, "identifier-length-max")?,
        [
            format!("public.{kept}: names \"{kept}\", \"{kept}\" are as long as names can be"),
            format!("public.{whole}: name \"{letters}\" in \"{whole}\" is as long as names can be"),
        ]
    );
    ensure_eq!(s.value("SELECT DISTINCT level FROM warden.audit(rules => '{identifier-length-max}')")?, "info");
    Ok(())
}

fn names_of_keys(leg: &Leg) -> Result {
    let (_db, mut s) = quiet(leg)?;
    s.script(
        "CREATE TABLE a (id bigint PRIMARY KEY, user_id bigint); CREATE TABLE b (id bigint PRIMARY KEY, user_id bigint);
         CREATE SCHEMA other; CREATE TABLE other.c (id bigint PRIMARY KEY, user_id int);
         CREATE TEMP TABLE d (user_id int)",
    )?;
    let rule = "column-inconsistent-type";
    ensure_eq!(found(&mut s, rule)?, [""; 0], "in another schema it may mean another thing");
    s.run("CREATE TABLE c (id bigint PRIMARY KEY, user_id int)")?;
    ensure_eq!(
        found(&mut s, rule)?,
        ["public.c.user_id: column \"user_id\" of \"c\" is integer, and bigint in most tables of the schema"]
    );
    ensure_eq!(s.value("SELECT count(*) FROM warden.audit_table('c') WHERE rule = 'column-inconsistent-type'")?, "1");
    s.run("CREATE TABLE d (id bigint PRIMARY KEY, user_id int)")?;
    ensure_eq!(found(&mut s, rule)?, [""; 0], "nobody is in the majority");
    Ok(())
}

fn alignment(leg: &Leg) -> Result {
    let (_db, mut s) = quiet(leg)?;
    let rule = "column-alignment-waste";
    for (columns, expected) in [
        // Seven bytes twice, and a row that is 16 shorter or 8.
        ("a bool NOT NULL, b bigint NOT NULL, c bool NOT NULL, d bigint NOT NULL", Some("8 b, d, a, c")),
        ("a bool NOT NULL, b bigint NOT NULL, c bool NOT NULL, d bigint NOT NULL, e text", Some("8 b, d, a, c, e")),
        // What NULL may leave out is not sure.
        ("a bool, b bigint NOT NULL, c bool, d bigint NOT NULL", None),
        ("a text, b bigint NOT NULL, c text, d bigint NOT NULL", None),
        // Less than eight bytes, to which a row is aligned.
        ("a int NOT NULL, b bigint NOT NULL", None),
        ("a bigint NOT NULL, b int NOT NULL, c bool NOT NULL", None),
        ("a int NOT NULL, b timestamptz NOT NULL, c int NOT NULL, d timestamptz NOT NULL", Some("8 b, d, a, c")),
        ("a int NOT NULL, b timestamptz NOT NULL, c int NOT NULL, d timestamptz NOT NULL, e text", None),
        // Behind a text the place is known again after a bigint.
        (
            "t text, a bigint NOT NULL, b bool NOT NULL, c bigint NOT NULL, d bool NOT NULL, e bigint NOT NULL",
            Some("8 a, c, e, b, d, t"),
        ),
        ("a uuid NOT NULL, b bigint NOT NULL", None),
        ("a timetz NOT NULL, b bool NOT NULL, c bigint NOT NULL, d bool NOT NULL, e bigint NOT NULL", None),
    ] {
        s.script(&format!("BEGIN; CREATE TABLE t ({columns})"))?;
        ensure_eq!(found(&mut s, rule)?, [""; 0], "{columns}: it is empty");
        s.run("UPDATE pg_class SET reltuples = 20000000, relpages = 150000 WHERE relname = 't'")?;
        let rows = s.column(
            "SELECT substring(detail FROM 'at least ([0-9]+) bytes') || ' ' || substring(hint FROM 'order: (.*)')
             FROM warden.audit(rules => '{column-alignment-waste}')",
        )?;
        ensure_eq!(rows.first().map(String::as_str), expected, "{columns}");
        s.run("ROLLBACK")?;
    }
    // The figure is right: the same rows in both orders.
    s.script(
        "CREATE TABLE as_it_is (a bool NOT NULL, b bigint NOT NULL, c bool NOT NULL, d bigint NOT NULL);
         CREATE TABLE better (b bigint NOT NULL, d bigint NOT NULL, a bool NOT NULL, c bool NOT NULL);
         INSERT INTO as_it_is SELECT true, n, true, n FROM generate_series(1, 10000) n;
         INSERT INTO better SELECT n, n, true, true FROM generate_series(1, 10000) n;
         CREATE EXTENSION pageinspect",
    )?;
    let length = |table: &str| format!("SELECT max(lp_len) FROM heap_page_items(get_raw_page('{table}', 0))");
    let aligned = |length: String| length.parse::<i32>().map(|length| (length + 7) / 8 * 8);
    let (as_it_is, better) = (aligned(s.value(&length("as_it_is"))?)?, aligned(s.value(&length("better"))?)?);
    ensure_eq!(as_it_is - better, 8);
    // Rows that nobody counted: as a standby or an upgraded server may have them. Here a few bytes are taken for gigabytes.
    let statement = s
        .value("SELECT statement FROM warden_internal.audit_statements() WHERE source = 'columns_of_tables'")?
        .replace("$1", "NULL")
        .replace("$2", "NULL");
    let small = statement.replace(">= 1073741824", ">= 1");
    ensure!(small != statement, "the size is not in {statement}");
    s.run("SELECT pg_stat_reset()")?;
    let mut levels = || {
        s.column(&format!("SELECT coalesce(level, '-') || ' ' || identity || ' ' || detail FROM ({small}) AS q WHERE hint LIKE '%this order%'"))
    };
    ensure_eq!(levels()?, ["not checked public.as_it_is Its rows were never counted. Run ANALYZE."]);
    s.run("ANALYZE as_it_is")?;
    let mut levels = || {
        s.column(&format!("SELECT coalesce(level, '-') || ' ' || identity || ' ' || detail FROM ({small}) AS q WHERE hint LIKE '%this order%'"))
    };
    ensure_eq!(levels()?, [""; 0]);
    // Partitions count together, under their parent.
    s.script(
        "CREATE TABLE p (a bool NOT NULL, b bigint NOT NULL, c bool NOT NULL, d bigint NOT NULL) PARTITION BY LIST (a);
         CREATE TABLE p_1 PARTITION OF p FOR VALUES IN (true); CREATE TABLE p_2 PARTITION OF p FOR VALUES IN (false);
         UPDATE pg_class SET reltuples = 10000000, relpages = 75000 WHERE relname IN ('p_1', 'p_2')",
    )?;
    ensure_eq!(found(&mut s, rule)?, ["public.p: the order of the columns of \"p\" wastes 153 MB"]);
    Ok(())
}

fn series_of_columns(leg: &Leg) -> Result {
    let (_db, mut s) = quiet(leg)?;
    for (columns, expected) in [
        ("tag0 text, tag1 text, tag2 text", Some("tag0 tag2")),
        ("tag_1 text, tag_2 text, tag_3 text, tag_4 text, id1 int, id2 int", Some("tag_1 tag_4")),
        ("\"tag%1\" text, \"tag%2\" text, \"tag%3\" text", Some("tag%1 tag%3")),
        ("tag1 text, tag2 text", None),
        ("tag1 text, tag2 text, tag4 text", None),
        ("tag1 text, tag2 int, tag3 text", None),
        ("tag2 text, tag3 text, tag4 text", None),
        ("tag1 text, tag01 text, tag2 text", None),
        ("x1 int, x2 int, x3 int", None),
        ("sha1 text, sha256 text, sha512 text, md5 text", None),
        ("ship_addr_1 text, ship_addr_2 text, ship_addr_3 text", None),
        ("\"1\" int, \"2\" int, \"3\" int", None),
    ] {
        s.script(&format!("BEGIN; CREATE TABLE t ({columns})"))?;
        let rows = s.column(
            "SELECT replace(substring(message FROM 'columns \"(.*)\" of'), '\" to \"', ' ') FROM warden.audit(rules => '{incrementing-columns}')",
        )?;
        ensure_eq!(rows.first().map(String::as_str), expected, "{columns}");
        s.run("ROLLBACK")?;
    }
    Ok(())
}

fn comments(leg: &Leg) -> Result {
    let (_db, mut s) = quiet(leg)?;
    s.script("CREATE TABLE t (a int PRIMARY KEY, b int, gone int); ALTER TABLE t DROP COLUMN gone; CREATE MATERIALIZED VIEW m AS SELECT 1 AS a")?;
    for (comment, expected) in [
        (
            "COMMENT ON COLUMN m.a IS 'one'",
            "public.m: materialized view \"m\" has no comment; public.t: table \"t\" has no comment, nor have 2 of its 2 columns",
        ),
        (
            "COMMENT ON MATERIALIZED VIEW m IS 'seen'; COMMENT ON TABLE t IS 'told'; COMMENT ON COLUMN t.a IS 'key'",
            "public.t: 1 of 2 columns of \"t\" have no comment",
        ),
        ("COMMENT ON COLUMN t.b IS 'other'", ""),
    ] {
        s.script(comment)?;
        ensure_eq!(found(&mut s, "missing-comment")?.join("; "), expected, "{comment}");
    }
    Ok(())
}

fn hostile_names(leg: &Leg) -> Result {
    let (_db, mut s) = quiet(leg)?;
    for name in [
        "quote\"D",
        "per%cent %s %n$I U",
        "new\nLine",
        "sl\\Ash",
        "apo'Strophe",
        "{1,2} N",
        "a.B",
        "É".repeat(20).as_str(),
        "NULL",
        "*/ ; -- X",
    ] {
        let q = name.replace('"', "\"\"");
        s.script("CREATE SCHEMA hostile")?;
        s.run(&format!(
            "CREATE TABLE hostile.\"{q}\" (id bigint PRIMARY KEY, \"{q} 1\" varchar(3), \"{q} 2\" varchar(3), \"{q} 3\" varchar(3), \"{q}_ids\" text,
                 \"{q} is\" boolean, \"{q} at\" timestamptz DEFAULT '2026-01-02 03:04:05.6789', \"{q} n\" int, \"{q}_id\" int)"
        ))?;
        for other in ["b", "c"] {
            s.run(&format!("CREATE TABLE hostile.{other} (id bigint PRIMARY KEY, \"{q}_id\" bigint)"))?;
        }
        for rule in [
            "column-type-varchar-n",
            "column-type-integer",
            "column-inconsistent-type",
            "array-or-csv-fk",
            "boolean-nullable",
            "default-now-in-cast",
            "incrementing-columns",
            "all-columns-nullable",
            "missing-comment",
        ] {
            let rows = s.rows(&format!(
                "SELECT object, message FROM warden.audit(rules => '{{{rule}}}') WHERE object NOT IN ('hostile.b', 'hostile.c')"
            ))?;
            ensure_eq!(rows.len(), 1, "{rule}, {name:?}: {rows:?}");
            ensure!(rows[0][0].as_deref().is_some_and(|object| object.starts_with("hostile.")), "{rule}: {rows:?}");
            ensure!(rows[0][1].as_deref().is_some_and(|message| message.contains(name)), "{rule}: {rows:?}");
        }
        // The hint for a default is SQL.
        let hint =
            s.value("SELECT split_part(hint, '; and look', 1) FROM warden.audit(rules => '{default-now-in-cast}')")?;
        s.run(&hint).map_err(|e| format!("{hint}: {e}"))?;
        ensure_eq!(found(&mut s, "default-now-in-cast")?, [""; 0]);
        s.run("DROP SCHEMA hostile CASCADE")?;
    }
    Ok(())
}

fn an_ordinary_role(leg: &Leg) -> Result {
    let (db, mut s) = quiet(leg)?;
    let role = db.role("")?;
    s.script(
        "CREATE TABLE t (id bigint PRIMARY KEY, \"A\" boolean, b int, tag1 text, tag2 text, tag3 text, at timestamptz DEFAULT '2026-01-02 03:04:05.6789'); CREATE TABLE e ();
         REVOKE ALL ON SCHEMA public FROM PUBLIC",
    )?;
    s.run(&format!("GRANT EXECUTE ON FUNCTION warden.audit TO {role}"))?;
    let mut ordinary = db.session_as(&role)?;
    let of_design = "SELECT concat_ws(' ', rule, level, object) FROM warden.audit()
        WHERE rule IN (SELECT rule FROM warden.rules WHERE area = 'design') ORDER BY 1";
    let all = s.column(of_design)?;
    // Two of them are not checked: statistics of use are young, and nobody measures triggers.
    ensure_eq!(all.len(), 12, "{all:?}");
    s.run("GRANT SELECT ON warden.rules TO PUBLIC; GRANT USAGE ON SCHEMA warden TO PUBLIC")?;
    ensure_eq!(ordinary.column(of_design)?, all);
    Ok(())
}
