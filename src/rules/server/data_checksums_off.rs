use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/data-checksums-off.md")]
    "data-checksums-off", "WD403", Server, Warning, since "0.1.0",
    "pages have no checksums",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.name = 'data_checksums' AND s.value = 'off'",
    message: "'data checksums are off'",
    detail: "'A page that the disk, its controller or the memory has changed is read as if it were right, and copied to standbys and backups.'",
    hint: "'With the server stopped: pg_checksums --enable. It writes every file once.'",
    ..Audit::of(Source::Settings)
};
