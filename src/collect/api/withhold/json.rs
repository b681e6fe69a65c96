//! Secrets in JSON, by the ranges of their values in the text.

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use super::super::model::{Kind, Shape};
use super::super::read::DEPTH;
use super::{Edit, Hand, Unfit};

/// The edits that withhold the members of an answer.
pub(super) fn edits<'m>(
    hand: &mut Hand<'m>,
    output: &Shape,
    text: &str,
    members: &[&'m str],
) -> Result<Vec<Edit>, Unfit> {
    let answer: &RawValue = serde_json::from_str(text).map_err(|_| Unfit)?;
    let mut walk = Walk { hand, text, edits: Vec::new() };
    for member in members {
        walk.hand.member = member;
        let (shape, path) = walk.hand.in_body(output, member)?;
        walk.follow(answer, shape, &path, 0)?;
    }
    Ok(walk.edits)
}

struct Walk<'w, 'm, 't> {
    hand: &'w mut Hand<'m>,
    text: &'t str,
    edits: Vec<Edit>,
}

impl<'t> Walk<'_, '_, 't> {
    /// Goes to the end of the path, for every element and value on the way.
    fn follow(&mut self, found: &'t RawValue, shape: &Shape, path: &[&str], depth: usize) -> Result<(), Unfit> {
        let Some((name, rest)) = path.split_first() else { return self.withhold(found, Some(shape), depth) };
        if depth > DEPTH {
            return Err(Unfit);
        }
        match shape.kind {
            _ if found.get() == "null" => {}
            Kind::Structure => {
                let member = shape.members.get(*name).ok_or(Unfit)?;
                let key = member.location_name.as_deref().unwrap_or(name);
                let shape = self.hand.shape(member);
                // A key that stands there twice is followed twice.
                for (_, value) in entries(found)?.0.into_iter().filter(|(found, _)| found == key) {
                    self.follow(value, shape, rest, depth + 1)?;
                }
            }
            Kind::List => {
                let shape = self.hand.shape(shape.member.as_ref().ok_or(Unfit)?);
                for element in elements(found)? {
                    self.follow(element, shape, path, depth + 1)?;
                }
            }
            Kind::Map => {
                let shape = self.hand.shape(shape.value.as_ref().ok_or(Unfit)?);
                for (_, value) in entries(found)?.0 {
                    self.follow(value, shape, path, depth + 1)?;
                }
            }
            _ => return Err(Unfit),
        }
        Ok(())
    }

    /// Replaces every value within this one, also of members that the model does not know. Keys stay.
    fn withhold(&mut self, found: &'t RawValue, shape: Option<&Shape>, depth: usize) -> Result<(), Unfit> {
        if depth > DEPTH {
            return Err(Unfit);
        }
        let text = found.get();
        match text.as_bytes().first() {
            Some(b'{') => {
                for (key, value) in entries(found)?.0 {
                    let inside = shape.and_then(|shape| match shape.kind {
                        Kind::Map => shape.value.as_ref(),
                        _ => shape
                            .members
                            .iter()
                            .find(|(name, of)| key == *of.location_name.as_ref().unwrap_or(name))
                            .map(|(_, of)| of),
                    });
                    let inside = inside.map(|member| self.hand.shape(member));
                    self.withhold(value, inside, depth + 1)?;
                }
            }
            Some(b'[') => {
                let inside = shape.and_then(|shape| shape.member.as_ref()).map(|member| self.hand.shape(member));
                for element in elements(found)? {
                    self.withhold(element, inside, depth + 1)?;
                }
            }
            Some(b'"') => {
                let value: String = serde_json::from_str(text).map_err(|_| Unfit)?;
                self.replace(found, &value, shape);
            }
            _ if text == "null" => {}
            _ => self.replace(found, text, shape),
        }
        Ok(())
    }

    fn replace(&mut self, found: &'t RawValue, value: &str, shape: Option<&Shape>) {
        if let Some(instead) = self.hand.instead(value, shape) {
            let start = found.get().as_ptr().addr() - self.text.as_ptr().addr();
            // A commitment holds nothing that JSON escapes.
            self.edits.push((start..start + found.get().len(), format!("\"{instead}\"")));
        }
    }
}

fn elements(found: &RawValue) -> Result<Vec<&RawValue>, Unfit> {
    serde_json::from_str(found.get()).map_err(|_| Unfit)
}

fn entries(found: &RawValue) -> Result<Entries<'_>, Unfit> {
    serde_json::from_str(found.get()).map_err(|_| Unfit)
}

/// The entries of an object in their order, those whose key comes twice too.
struct Entries<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    all.push(entry);
                }
                Ok(Entries(all))
            }
        }
        from.deserialize_map(All)
    }
}
