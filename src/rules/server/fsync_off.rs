use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/fsync-off.md")]
    "fsync-off", "WD400", Server, Error, since "0.1.0",
    "fsync is off: a crash destroys the cluster",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.name = 'fsync' AND s.value = 'off'",
    message: "'fsync is off'",
    detail: "'The server does not wait until what it wrote is on disk: after a crash of the machine the whole cluster may be beyond repair.'",
    hint: "'If a cluster may be lost at any time, as one for tests, this is fine.'",
    fix: "'ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf();'",
    ..Audit::of(Source::Settings)
};
