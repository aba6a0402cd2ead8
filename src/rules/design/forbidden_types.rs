use crate::ast::{AlterAction, Statement};
use crate::facts::{ColumnType, Facts, Lookup};
use crate::rules::{Report, columns, declare_rule, keys};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/forbidden-types.md")]
    "forbidden-types", "WD159", Design, Off, since "0.1.0",
    "column is of a type that warden.forbidden_types names",
    [Statement(columns::TYPED, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    if !gives_types(statement) || keys::table_of(statement, facts).is_none() {
        return;
    }
    let forbidden = match facts.forbidden_types() {
        Lookup::Found(types) => types,
        Lookup::Missing => return,
        Lookup::NotChecked(reason) => return report.not_checked("", "warden.forbidden_types cannot be read", reason),
    };
    let mut known: Vec<ColumnType> = Vec::new();
    for (written, type_) in forbidden {
        match type_ {
            Lookup::Found(type_) => known.push(type_),
            Lookup::Missing | Lookup::NotChecked(_) => report.not_checked(
                "",
                format!("warden.forbidden_types names \"{written}\", which is no type here"),
                "Columns of the other types that it names are found.",
            ),
        }
    }
    let is_forbidden = |type_: &ColumnType| known.iter().any(|forbidden| type_.is_one_of(forbidden));
    let Some(found) = columns::faulty(statement, facts, |column| is_forbidden(&column.type_)) else { return };
    let what = format!("of a type that is not wanted here: {}", found.types());
    report.push(
        found
            .finding(report, &what)
            .detail("warden.forbidden_types names it; to change the type of a column later may write every row again.")
            .hint("Choose another type."),
    );
}

fn gives_types(statement: &Statement) -> bool {
    match statement {
        Statement::CreateTable(create) => !create.columns.is_empty(),
        Statement::AlterTable { actions, .. } => {
            actions.iter().any(|action| matches!(action, AlterAction::AddColumn { .. } | AlterAction::AlterType(_)))
        }
        _ => false,
    }
}
