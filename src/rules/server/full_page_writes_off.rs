use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/full-page-writes-off.md")]
    "full-page-writes-off", "WD401", Server, Error, since "0.1.0",
    "full_page_writes is off: a crash can tear pages",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.name = 'full_page_writes' AND s.value = 'off'",
    message: "'full_page_writes is off'",
    detail: "'A page that was half written when the machine crashed stays so: recovery has nothing to mend it with.'",
    hint: "'A file system that writes pages of this size whole, such as ZFS with records of 8 kB, needs no such copies.'",
    fix: "'ALTER SYSTEM SET full_page_writes = on; SELECT pg_reload_conf();'",
    ..Audit::of(Source::Settings)
};
