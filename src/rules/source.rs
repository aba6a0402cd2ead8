//! The catalog queries that the audit's rules judge.

/// One line a source, in the order in which they are read: the file is `sql/audit/<name>.sql`.
macro_rules! sources {
    ($($(#[$doc:meta])+ $variant:ident: $scope:ident = $name:literal;)+) => {
        /// Catalog queries of the audit: `sql/audit/<name>.sql`.
        ///
        /// Its rows begin with `classid oid, objid oid, objsubid int`, `identity text` (schema and name, quoted) and `weight bigint`
        /// (how much there is of it: among equal levels the heavier comes first). Then comes what predicates and texts use.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Source {
            $($(#[$doc])+ $variant,)+
        }

        impl Source {
            /// Every source.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its name, that of its file.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// What its rows belong to.
            #[must_use]
            pub fn scope(self) -> Scope {
                match self {
                    $(Self::$variant => Scope::$scope,)+
                }
            }

            /// Its text.
            #[must_use]
            pub fn query(self) -> &'static str {
                match self {
                    $(Self::$variant => include_str!(concat!("../../sql/audit/", $name, ".sql")),)+
                }
            }
        }
    };
}

/// What the rows of a source belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// To schemas: the query heeds $1 and $2, by way of the scope that it begins with.
    Schemas,
    /// To the database or the server: left out where schemas or a table are asked for.
    Server,
}

sources! {
    /// Tables.
    Tables: Schemas = "tables";
    /// Columns of tables.
    Columns: Schemas = "columns";
    /// Foreign keys.
    ForeignKeys: Schemas = "foreign_keys";
    /// Indexes, each alone.
    Indexes: Schemas = "indexes";
    /// Pairs of indexes of one table, of which one may do the work of the other.
    IndexPairs: Schemas = "index_pairs";
    /// Indexes as people made them: those of partitioned tables with those of all their partitions.
    IndexRoots: Schemas = "index_roots";
    /// The same that sort by a collation, or by the database's, whose order may have changed.
    IndexCollations: Schemas = "index_collations";
    /// Tables, plain and partitioned, with the number of their indexes.
    IndexCounts: Schemas = "index_counts";
    /// Settings as sessions get them.
    Settings: Server = "settings";
    /// Lines of `pg_hba.conf`.
    Hba: Server = "hba";
}
