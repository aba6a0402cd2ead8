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

impl Source {
    /// Whether each row is a column, and its rules say `column "a" of "t" is ...`: of one table they are told as one.
    #[must_use]
    pub fn is_of_columns(self) -> bool {
        matches!(
            self,
            Self::Columns | Self::Amounts | Self::IntegerColumns | Self::ColumnsAlike | Self::NullableColumns
        )
    }

    /// SQL condition without which it has no row, where that is asked sooner than the source is planned.
    #[must_use]
    pub fn needs(self) -> Option<&'static str> {
        match self {
            Self::Policies | Self::PolicyGaps => Some("EXISTS (SELECT FROM pg_catalog.pg_policy)"),
            Self::Partitioned
            | Self::PartitionDrift
            | Self::PartitionSizes
            | Self::PartitionedIndexes
            | Self::PartitionCollations => Some("EXISTS (SELECT FROM pg_catalog.pg_partitioned_table)"),
            Self::DetachPending => Some("EXISTS (SELECT FROM pg_catalog.pg_inherits AS i WHERE i.inhdetachpending)"),
            Self::IndexIncludes => {
                Some("EXISTS (SELECT FROM pg_catalog.pg_index AS x WHERE x.indnatts > x.indnkeyatts)")
            }
            _ => None,
        }
    }
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
    /// Columns of tables that are of a kind which rules look at.
    Columns: Schemas = "columns";
    /// Columns for amounts of money that are numeric with any number of digits.
    Amounts: Schemas = "amounts";
    /// Columns shorter than bigint.
    IntegerColumns: Schemas = "integer_columns";
    /// Columns that are shorter than most of their name.
    ColumnsAlike: Schemas = "columns_alike";
    /// Tables with what their columns show together.
    ColumnsOfTables: Schemas = "columns_of_tables";
    /// Names that need quotes or care.
    Names: Schemas = "names";
    /// Tables that lack comments.
    Comments: Schemas = "comments";
    /// Foreign keys.
    ForeignKeys: Schemas = "foreign_keys";
    /// Foreign keys that lead where another does, to their own table or to another schema.
    ForeignKeyShapes: Schemas = "foreign_key_shapes";
    /// Tables with columns that lack a foreign key, by what most others have.
    ForeignKeysMissing: Schemas = "foreign_keys_missing";
    /// Constraints that do not hold for every row.
    Constraints: Schemas = "constraints";
    /// CHECK constraints that read tables.
    CheckReaders: Schemas = "check_readers";
    /// Domains with constraints.
    Domains: Schemas = "domains";
    /// Tables with what their primary keys are made of.
    Keys: Schemas = "keys";
    /// Tables that statistics know no use of, and those that stay empty.
    TableUse: Schemas = "table_use";
    /// Sequences, and how far they are.
    Sequences: Schemas = "sequences";
    /// Indexes that are not whole.
    Indexes: Schemas = "indexes";
    /// Pairs of indexes of one table, of which one may do the work of the other.
    IndexPairs: Schemas = "index_pairs";
    /// Indexes that differ by INCLUDE alone.
    IndexIncludes: Schemas = "index_includes";
    /// Partitioned tables.
    Partitioned: Schemas = "partitioned";
    /// Partitioned tables whose partitions do not do what they say.
    PartitionDrift: Schemas = "partition_drift";
    /// Tables that are partitioned by hash, and the largest of their partitions.
    PartitionSizes: Schemas = "partition_sizes";
    /// Indexes of partitioned tables that are not whole.
    PartitionedIndexes: Schemas = "partitioned_indexes";
    /// Partitions that are half detached.
    DetachPending: Schemas = "detach_pending";
    /// Partitioned tables whose bounds are in an order that may have changed.
    PartitionCollations: Schemas = "partition_collations";
    /// Very large tables from which rows are deleted.
    LargeTables: Schemas = "large_tables";
    /// Tables with rows of their own, and when autovacuum comes for what has changed.
    Vacuum: Schemas = "vacuum";
    /// Row level security and its policies.
    RowSecurity: Schemas = "row_security";
    /// Tables with row level security that somebody is held to, and what their policies cost.
    Policies: Schemas = "policies";
    /// Views that read as their owner.
    Views: Schemas = "views";
    /// Functions that run as their owner.
    Functions: Schemas = "functions";
    /// Tables and views on whose rows everybody has rights.
    Grants: Schemas = "grants";
    /// Schemas.
    Schemata: Schemas = "schemata";
    /// Schemas whose tables somebody may read, but not those to come.
    Readers: Schemas = "readers";
    /// Roles.
    Roles: Server = "roles";
    /// How passwords are kept.
    Passwords: Server = "passwords";
    /// Indexes that are used for values of which ANALYZE knows that they are few, or that most are NULL.
    IndexValues: Schemas = "index_values";
    /// Indexes as people made them: those of partitioned tables with those of all their partitions.
    IndexRoots: Schemas = "index_roots";
    /// The same that sort by a collation, or by the database's, whose order may have changed.
    IndexCollations: Schemas = "index_collations";
    /// Large btree indexes, and how much of them is empty: to tell reads them.
    IndexBloat: Schemas = "index_bloat";
    /// Large tables, and how much of them is free: to tell reads some of them.
    TableBloat: Schemas = "table_bloat";
    /// Tables that are updated much, and why that writes to their indexes.
    TableUpdates: Schemas = "table_updates";
    /// Tables whose documents are written anew by updates.
    DocumentUpdates: Schemas = "document_updates";
    /// Indexes for whose work another method is made.
    IndexMethods: Schemas = "index_methods";
    /// Columns that may be NULL, though they have a foreign key.
    NullableColumns: Schemas = "nullable_columns";
    /// Tables, plain and partitioned, with the number of their indexes.
    IndexCounts: Schemas = "index_counts";
    /// Settings as sessions get them.
    Settings: Server = "settings";
    /// Lines of the configuration files.
    FileSettings: Server = "file_settings";
    /// Replication slots.
    Slots: Server = "slots";
    /// The archiver.
    Archiver: Server = "archiver";
    /// This database, its age, and who comes in because everybody may.
    Database: Server = "database";
    /// The server as a whole.
    Server: Server = "server";
    /// Tables that keep `pg_upgrade` from its work.
    Upgrade: Schemas = "upgrade";
    /// Large objects that no column can refer to.
    LargeObjects: Server = "large_objects";
    /// Schemas of temporary tables that are no session's.
    TempSchemas: Server = "temp_schemas";
    /// Databases.
    Databases: Server = "databases";
    /// What keeps VACUUM from its work.
    Horizon: Server = "horizon";
    /// Extensions.
    Extensions: Server = "extensions";
    /// What sessions do, and the memory that they may take.
    Workload: Server = "workload";
    /// Tables without policies, among others whose policies look at a column that they have as well.
    PolicyGaps: Schemas = "policy_gaps";
    /// Functions that triggers run.
    TriggerFunctions: Server = "trigger_functions";
    /// Columns that hold secrets, by their names.
    Secrets: Schemas = "secrets";
    /// Who receives the log.
    Replication: Server = "replication";
    /// Lines of `pg_hba.conf`.
    Hba: Server = "hba";
}
