//! When two values are one, whatever is not known of them.

use super::origin::{Digester, Origin};
use super::value::{Part, Unknown, Value};

/// How deep the values are that go into a digest.
const VALUE_DEPTH: usize = 100;

impl Origin {
    /// What comes of a value by an operation of this name, or of the values in this order.
    #[must_use]
    pub fn made_by(operation: &str, values: &[&Value]) -> Self {
        let mut made = Digester::new(operation);
        for value in values {
            made.value(value);
        }
        made.finish()
    }

    /// The origin of a value: its own where it is unknown, else that of being made of what is in it.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Unknown(unknown) => unknown.origin.clone(),
            value => Self::made_by("", &[value]),
        }
    }
}

impl Value {
    /// Whether two values are certainly one and the same, whatever is not known of them.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unknown(one), Self::Unknown(other)) => one.origin.is_same(&other.origin),
            (Self::Template(one), Self::Template(other)) => {
                one.len() == other.len() && one.iter().zip(other.iter()).all(|(one, other)| one.is_same(other))
            }
            (Self::Json(one), Self::Json(other)) => one.is_same(other),
            (Self::List(one), Self::List(other)) => {
                one.len() == other.len() && one.iter().zip(other.iter()).all(|(one, other)| one.is_same(other))
            }
            (Self::Map(one), Self::Map(other)) => {
                one.len() == other.len()
                    && one.iter().zip(other.iter()).all(|(one, other)| one.0 == other.0 && one.1.is_same(other.1))
            }
            (one, other) => one == other,
        }
    }
}

impl Part {
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Unknown(one), Self::Unknown(other)) => one.origin.is_same(&other.origin),
            _ => false,
        }
    }
}

impl Digester {
    /// Takes a value in, with the origins of what is unknown in it.
    pub fn value(&mut self, value: &Value) {
        self.value_below(value, 0);
    }

    fn value_below(&mut self, value: &Value, depth: usize) {
        if depth > VALUE_DEPTH {
            self.open = true;
        }
        if self.open {
            return;
        }
        match value {
            Value::Null => self.mark(0),
            Value::Bool(truth) => self.mark(if *truth { 2 } else { 1 }),
            Value::Number(number) => {
                self.mark(3);
                self.number(number.to_bits());
            }
            Value::Text(text) => {
                self.mark(4);
                self.text(text);
            }
            Value::Template(parts) => {
                self.mark(5);
                self.number(parts.len() as u64);
                for part in parts.iter() {
                    match part {
                        Part::Text(text) => {
                            self.mark(4);
                            self.text(text);
                        }
                        Part::Unknown(unknown) => self.unknown(unknown),
                    }
                }
            }
            Value::Json(inner) => {
                self.mark(6);
                self.value_below(inner, depth + 1);
            }
            Value::List(items) => {
                self.mark(7);
                self.number(items.len() as u64);
                items.iter().for_each(|item| self.value_below(item, depth + 1));
            }
            Value::Map(members) => {
                self.mark(8);
                self.number(members.len() as u64);
                for (name, member) in members.iter() {
                    self.text(name);
                    self.value_below(member, depth + 1);
                }
            }
            Value::Unknown(unknown) => self.unknown(unknown),
        }
    }

    fn unknown(&mut self, unknown: &Unknown) {
        self.mark(9);
        self.origin(&unknown.origin);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::iac::origin::Position;
    use crate::model::gap::GapCode;
    use proptest::prelude::*;

    fn unknown(origin: Origin, shown: &str) -> Value {
        Value::Unknown(Arc::new(Unknown::new(GapCode::Unresolved, shown).from(origin)))
    }

    fn list() -> Origin {
        Origin::input("", "var.list")
    }

    #[test]
    fn what_is_shown_makes_no_two_values_one() {
        let one = unknown(Origin::input("module.a", "var.x"), "var.x");
        assert!(one.is_same(&unknown(Origin::input("module.a", "var.x"), "something else")));
        assert!(!one.is_same(&unknown(Origin::input("module.b", "var.x"), "var.x")));
        for origin in [Origin::Unidentified, Origin::Fresh, Origin::Hidden, Origin::HiddenLiteral] {
            let value = unknown(origin, "var.x");
            assert!(!value.is_same(&value.clone()));
        }
    }

    #[test]
    fn elements_of_an_unknown_list_are_the_same_where_the_index_is() {
        let at = |index: &str| list().element(Position::At(Arc::from(index)));
        assert!(at("0").is_same(&at("0")));
        assert!(!at("0").is_same(&at("1")));
        assert!(!list().rest().is_same(&list().rest()));
        assert_eq!(Origin::Fresh.element(Position::At(Arc::from("0"))), Origin::Unidentified);
    }

    #[test]
    fn what_differs_by_instance_is_told_from_others_and_is_not_one_value() {
        let each = list().element(Position::EachValue);
        assert_eq!(each, list().element(Position::EachValue));
        assert!(!each.is_same(&each.clone()));
        let made = Origin::made_by("lower", &[&unknown(each, "each.value")]);
        assert!(made.is_identified());
        assert!(!made.is_same(&made.clone()));
    }

    #[test]
    fn what_is_made_of_the_same_by_the_same_is_the_same() {
        let x = unknown(list(), "x");
        let same = |one: Origin, other: Origin| one.is_same(&other);
        assert!(same(Origin::made_by("lower", &[&x]), Origin::made_by("lower", &[&x])));
        assert!(!same(Origin::made_by("lower", &[&x]), Origin::made_by("upper", &[&x])));
        let (a, b) = (Value::text("a"), Value::text("b"));
        assert!(!same(Origin::made_by("join", &[&x, &a]), Origin::made_by("join", &[&x, &b])));
        assert!(!same(Origin::made_by("join", &[&x, &a]), Origin::made_by("join", &[&a, &x])));
        let fresh = unknown(Origin::Fresh, "uuid()");
        assert_eq!(Origin::made_by("lower", &[&fresh]), Origin::Unidentified);
    }

    #[test]
    fn what_is_too_large_or_too_deep_is_told_from_others_or_from_nothing() {
        let wide = Value::list(vec![Value::Null; 100_000]);
        assert_eq!(Origin::made_by("x", &[&wide]), Origin::Unidentified);
        let deep = |last: &str| {
            let mut origin = list();
            for _ in 0..10_000 {
                origin = origin.element(Position::At(Arc::from("a")));
            }
            origin.element(Position::At(Arc::from(last)))
        };
        assert!(deep("b").is_same(&deep("b")));
        assert!(!deep("b").is_same(&deep("c")));
    }

    proptest! {
        #[test]
        fn texts_that_are_cut_elsewhere_are_not_the_same(whole in "\\PC{1,20}", at in 0_usize..20, other in 0_usize..20) {
            let cut = |at: usize| {
                let at = whole.char_indices().map(|(at, _)| at).nth(at).unwrap_or(whole.len());
                let (one, two) = whole.split_at(at);
                (one.len(), Origin::made_by("x", &[&Value::text(one), &Value::text(two)]))
            };
            let (one, two) = (cut(at), cut(other));
            prop_assert_eq!(one.0 == two.0, one.1 == two.1);
        }
    }
}
