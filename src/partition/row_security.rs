//! Policies of a table, for its partitions to have the same where the policy has `copy_grants`.

use super::is_null;
use crate::error::Error;
use crate::facts::live::object::quote;
use crate::spi;
use crate::text::Text;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Row level security of a table.
#[derive(Debug)]
pub(super) struct RowSecurity {
    /// Its owner is held to it, too.
    is_forced: bool,
    /// The table's name, quoted, as its policies name it.
    table: String,
    policies: Vec<Policy>,
}

/// One policy; every text is SQL.
#[derive(Debug)]
struct Policy {
    name: String,
    /// For what and for whom it is.
    scope: String,
    using: Option<String>,
    check: Option<String>,
    /// A sub-select in it names a column of the row that is judged.
    names_table: bool,
}

impl RowSecurity {
    pub(super) fn read(table: pg_sys::Oid) -> Result<Self, Error> {
        let mut rows = spi::select(
            "SELECT c.relforcerowsecurity, quote_ident(c.relname), quote_ident(p.polname),
                    format('AS %s FOR %s TO %s', CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                           CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                           (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r)) END, ', ' ORDER BY r) FROM unnest(p.polroles) AS r)),
                    pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid),
                    concat(p.polqual::text, p.polwithcheck::text) ~ ':varlevelsup [1-9]'
               FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid
              WHERE c.oid = $1
              ORDER BY p.polname",
            &[table.into()],
            |row| {
                let text = |n| -> Result<Option<String>, Error> { Ok(row.get::<Text>(n)?.map(|t| t.0)) };
                let policy = match text(3)? {
                    Some(name) => Some(Policy {
                        name,
                        scope: text(4)?.unwrap_or_default(),
                        using: text(5)?,
                        check: text(6)?,
                        names_table: row.get::<bool>(7)?.unwrap_or_default(),
                    }),
                    None => None,
                };
                Ok((row.get::<bool>(1)?.unwrap_or_default(), text(2)?.unwrap_or_default(), policy))
            },
        )?;
        let (is_forced, table) =
            rows.first_mut().map(|(is_forced, table, _)| (*is_forced, std::mem::take(table))).unwrap_or_default();
        Ok(Self { is_forced, table, policies: rows.into_iter().filter_map(|(.., policy)| policy).collect() })
    }

    /// The statements that give a partition the same, once it has row level security at all.
    pub(super) fn statements(&self, identity: &str, name: &str) -> Vec<String> {
        let forced = self.is_forced.then(|| format!("ALTER TABLE {identity} FORCE ROW LEVEL SECURITY"));
        forced.into_iter().chain(self.policies_of(identity, name).map(|(_, sql)| sql)).collect()
    }

    /// Each policy with the statement that makes it.
    fn policies_of(&self, identity: &str, name: &str) -> impl Iterator<Item = (&str, String)> {
        let name = quote(name);
        self.policies.iter().map(move |policy| {
            let said = |expression: &str| {
                if policy.names_table { renamed(expression, &self.table, &name) } else { expression.to_owned() }
            };
            let using = policy.using.as_deref().map_or_else(String::new, |using| format!(" USING ({})", said(using)));
            let check =
                policy.check.as_deref().map_or_else(String::new, |check| format!(" WITH CHECK ({})", said(check)));
            (
                policy.name.as_str(),
                format!("CREATE POLICY {} ON {identity} {}{using}{check}", policy.name, policy.scope),
            )
        })
    }
}

/// An expression as the server prints it, with another name before the dots of its columns.
///
/// The server gives other tables of the same name an alias, so that the name before a dot is the table's, or that of a schema.
fn renamed(expression: &str, from: &str, to: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii();
    let mut rest = expression;
    let mut said = String::new();
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '\'' | '"' => quoted(rest, c),
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, behind) = rest.split_at(length);
        let is_table = token == from && behind.starts_with('.') && !said.ends_with('.');
        said.push_str(if is_table { to } else { token });
        rest = behind;
    }
    said
}

/// The length of what stands between quotes, which are doubled within.
fn quoted(text: &str, quote: char) -> usize {
    let mut length = 0;
    while let Some(behind) = text[length..].strip_prefix(quote) {
        length += behind.find(quote).map_or(behind.len(), |end| end + 1) + 1;
    }
    length.min(text.len())
}

/// Why the first of the policies that partitions cannot have would be another there; `None` where all can be copied.
pub(super) fn hindrance(table: pg_sys::Oid) -> Result<Option<String>, Error> {
    let rows = spi::select(
        "SELECT format('policy %I %s', q.polname, q.why)
           FROM (SELECT p.polname,
                        CASE WHEN p.tree ~ format(':relid %s\\M', c.oid) THEN 'reads the table itself'
                             WHEN p.tree ~ format(':varattno 0 :vartype %s\\M', c.reltype) THEN 'takes whole rows of the table'
                             WHEN p.tree ~ ':varlevelsup [1-9]' AND EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = c.relname)
                             THEN 'names the table, whose name is also that of a schema' END AS why
                   FROM pg_class c
                   JOIN (SELECT polname, polrelid, concat(polqual::text, polwithcheck::text) AS tree FROM pg_policy) p ON p.polrelid = c.oid
                  WHERE c.oid = $1) q
          WHERE q.why IS NOT NULL
          ORDER BY q.polname
          LIMIT 1",
        &[table.into()],
        |row| Ok(row.get::<Text>(1)?.map(|t| t.0)),
    )?;
    Ok(rows.into_iter().flatten().next())
}

/// For SQL: why policies of a table cannot be copied.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden_internal.policy_hindrance(parent pg_catalog.oid) RETURNS pg_catalog.text LANGUAGE c STABLE
    SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden_internal.policy_hindrance(pg_catalog.oid) IS
    'pg_warden: why partitions cannot have the policies of their table; NULL where they can';
"#,
    requires = ["schema"]
)]
pub(crate) fn policy_hindrance(parent: Option<pg_sys::Oid>) -> Result<Option<Text>, ErrorReport> {
    Ok(hindrance(parent.ok_or_else(|| is_null("parent"))?)?.map(Text))
}

/// For SQL: the policies of a relation, with the statements that give a partition the same.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden_internal.policies_for(relation pg_catalog.oid, identity pg_catalog.text, name pg_catalog.text)
    RETURNS TABLE (policy pg_catalog.text, sql pg_catalog.text) LANGUAGE c STABLE
    SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden_internal.policies_for(pg_catalog.oid, pg_catalog.text, pg_catalog.text) IS
    'pg_warden: policies of a relation as a partition of this name would have them; waits for those who hold what they name';
"#,
    requires = ["schema"]
)]
pub(crate) fn policies_for(
    relation: Option<pg_sys::Oid>,
    identity: Option<Text>,
    name: Option<Text>,
) -> Result<TableIterator<'static, (name!(policy, Text), name!(sql, Text))>, ErrorReport> {
    let Text(identity) = identity.ok_or_else(|| is_null("identity"))?;
    let Text(name) = name.ok_or_else(|| is_null("name"))?;
    let read = RowSecurity::read(relation.ok_or_else(|| is_null("relation"))?)?;
    let rows: Vec<_> =
        read.policies_of(&identity, &name).map(|(policy, sql)| (Text::from(policy), Text(sql))).collect();
    Ok(TableIterator::new(rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_before_columns_is_another() {
        for (expression, expected) in [
            ("(id > 5)", "(id > 5)"),
            (
                "(EXISTS ( SELECT 1 FROM app.m WHERE (m.t = e.t)))",
                "(EXISTS ( SELECT 1 FROM app.m WHERE (m.t = new.t)))",
            ),
            ("(e.e = 'e.x it''s e.x' AND f.e.x AND ee.x)", "(new.e = 'e.x it''s e.x' AND f.e.x AND ee.x)"),
            (r#"("e".x = "a ""e.x" AND E'\\' = e.x)"#, r#"("e".x = "a ""e.x" AND E'\\' = new.x)"#),
            ("(e) e_1.x \u{e4}e.x e", "(e) e_1.x \u{e4}e.x e"),
        ] {
            assert_eq!(renamed(expression, "e", "new"), expected);
        }
        assert_eq!(renamed(r#"("e v".x = '"e v".x')"#, "\"e v\"", "n"), r#"(n.x = '"e v".x')"#);
        assert_eq!(renamed(r#"("a""b".x)"#, r#""a""b""#, "n"), "(n.x)");
    }
}
