//! Forms: the requests of the query protocols. `Filters.member.1.Name=…` as the AWS query protocol
//! writes it (<https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>), and EC2's kind
//! (<https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html>).

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::model::{Kind, Member, Protocol, ServiceModel, Shape};
use super::request::{Unwritable, percent, scalar, unwritable};

/// The form of an operation: its name, the version of the API, and its members.
pub(super) fn form(
    service: &ServiceModel,
    name: &str,
    version: &str,
    shape: Option<&Shape>,
    input: &Map<String, Value>,
) -> Result<String, Unwritable> {
    let mut form =
        Form { service, text: format!("Action={}&Version={}", percent(name, false), percent(version, false)) };
    if let Some(shape) = shape {
        form.structure("", shape, input)?;
    }
    Ok(form.text)
}

struct Form<'a> {
    service: &'a ServiceModel,
    text: String,
}

impl Form<'_> {
    fn ec2(&self) -> bool {
        self.service.metadata.protocol == Protocol::Ec2
    }

    fn structure(&mut self, prefix: &str, shape: &Shape, members: &Map<String, Value>) -> Result<(), Unwritable> {
        for (name, value) in members {
            let Some(member) = shape.members.get(name) else { return unwritable(format!("there is no member {name}")) };
            let key = self.key(member, name);
            let key = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
            self.value(&key, member, value)?;
        }
        Ok(())
    }

    fn key(&self, member: &Member, name: &str) -> String {
        if self.ec2() {
            return member.query_name.clone().unwrap_or_else(|| match &member.location_name {
                Some(location) => capitalised(location),
                None => name.to_owned(),
            });
        }
        member.location_name.clone().unwrap_or_else(|| name.to_owned())
    }

    fn value(&mut self, key: &str, member: &Member, value: &Value) -> Result<(), Unwritable> {
        let shape = self.service.shape(&member.shape);
        match (shape.kind, value) {
            (Kind::Structure, Value::Object(members)) => self.structure(key, shape, members),
            (Kind::List, Value::Array(elements)) => {
                let Some(of) = &shape.member else { return unwritable(format!("{key} is a list of nothing")) };
                let flat = self.ec2() || member.flattened || shape.flattened;
                for (index, element) in elements.iter().enumerate() {
                    let place = index + 1;
                    let key = if flat {
                        format!("{key}.{place}")
                    } else {
                        format!("{key}.{}.{place}", of.location_name.as_deref().unwrap_or("member"))
                    };
                    self.value(&key, of, element)?;
                }
                Ok(())
            }
            (Kind::Map, Value::Object(entries)) => {
                let (Some(of_key), Some(of)) = (&shape.key, &shape.value) else {
                    return unwritable(format!("{key} is a map of nothing"));
                };
                let flat = member.flattened || shape.flattened;
                for (index, (name, element)) in entries.iter().enumerate() {
                    let place = index + 1;
                    let entry = if flat { format!("{key}.{place}") } else { format!("{key}.entry.{place}") };
                    let (key_tag, value_tag) = (of_key.location_name.as_deref(), of.location_name.as_deref());
                    self.pair(&format!("{entry}.{}", key_tag.unwrap_or("key")), name);
                    self.value(&format!("{entry}.{}", value_tag.unwrap_or("value")), of, element)?;
                }
                Ok(())
            }
            _ => {
                let text = scalar(value)?;
                self.pair(key, &text);
                Ok(())
            }
        }
    }

    fn pair(&mut self, key: &str, value: &str) {
        write!(self.text, "&{}={}", percent(key, false), percent(value, false))
            .expect("writing to a String cannot fail");
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
