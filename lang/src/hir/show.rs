//! Types as messages and editors show them.

use super::{Package, Type};

impl Package {
    /// A type as it is shown, in backquotes.
    pub fn show(&self, ty: &Type) -> String {
        match ty {
            Type::Error => "something wrong".to_owned(),
            Type::None => "`none`".to_owned(),
            Type::Bool => "`bool`".to_owned(),
            Type::Int => "`int`".to_owned(),
            Type::Decimal => "`decimal`".to_owned(),
            Type::Percent => "`percent`".to_owned(),
            Type::Points => "`points`".to_owned(),
            Type::Duration => "`duration`".to_owned(),
            Type::Instant => "`instant`".to_owned(),
            Type::Date => "`date`".to_owned(),
            Type::Size => "`size`".to_owned(),
            Type::Version => "`version`".to_owned(),
            Type::Money(currency) => format!("`money<{currency}>`"),
            Type::Str(_) => "`string`".to_owned(),
            Type::Principal => "`principal`".to_owned(),
            Type::Enum(id) => {
                format!("`{}`", self.enums.get(*id).map_or("enum", |def| def.name.as_str()))
            }
            Type::Record(id) => {
                format!("`{}`", self.records.get(*id).map_or("record", |def| def.name.as_str()))
            }
            Type::List(element, _) => format!("`list<{}>`", self.show(element).trim_matches('`')),
            Type::Map(_, value, _) => format!("`map<string, {}>`", self.show(value).trim_matches('`')),
            Type::Optional(inner) => format!("`{}?`", self.show(inner).trim_matches('`')),
        }
    }
}
